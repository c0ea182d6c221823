// Fast approximate anti-aliasing (FXAA, T. Lottes 2009) in its shortest form: a pixel on an edge becomes the
// mean of two points along the edge. Green stands for brightness, since it contributes most.
const float REACH = 0.7;  // pixels along x or y: of the values tried, nearest to supersampling by two

uniform sampler2D rough;
uniform vec2 texel;
layout(location = 0) out vec4 out_rgb;

void main() {
    vec2 at = gl_FragCoord.xy * texel;
    ivec2 here = ivec2(gl_FragCoord.xy);
    vec4 middle = texelFetch(rough, here, 0);
    float sw = texelFetch(rough, here + ivec2(-1, -1), 0).g;
    float se = texelFetch(rough, here + ivec2(1, -1), 0).g;
    float nw = texelFetch(rough, here + ivec2(-1, 1), 0).g;
    float ne = texelFetch(rough, here + ivec2(1, 1), 0).g;
    float low = min(middle.g, min(min(nw, ne), min(sw, se))), high = max(middle.g, max(max(nw, ne), max(sw, se)));
    vec2 along = vec2((sw + se) - (nw + ne), (ne + se) - (nw + sw));  // across the gradient
    along *= REACH * texel / max(max(abs(along.x), abs(along.y)), 1.0 / 128.0);
    vec4 blurred = 0.5 * (textureLod(rough, at - along, 0.0) + textureLod(rough, at + along, 0.0));
    out_rgb = high - low < max(0.04, 0.11 * high) ? middle : blurred;
}
