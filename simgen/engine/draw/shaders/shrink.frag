// Downsamples by two: each pixel is the mean of two by two.
uniform sampler2D rough;
layout(location = 0) out vec4 out_rgb;

void main() {
    ivec2 at = 2 * ivec2(gl_FragCoord.xy);
    vec4 low = texelFetch(rough, at, 0) + texelFetch(rough, at + ivec2(1, 0), 0);
    vec4 high = texelFetch(rough, at + ivec2(0, 1), 0) + texelFetch(rough, at + ivec2(1, 1), 0);
    out_rgb = 0.25 * (low + high);
}
