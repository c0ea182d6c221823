// Fast approximate anti-aliasing after T. Lottes (FXAA, 2009): blurs a little along edges of brightness.
uniform sampler2D rough;
layout(location = 0) out vec4 out_rgb;

float brightness(ivec2 at) {
    vec3 c = texelFetch(rough, clamp(at, ivec2(0), textureSize(rough, 0) - 1), 0).rgb;
    return dot(c, vec3(0.299, 0.587, 0.114));
}

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    vec3 middle = texelFetch(rough, here, 0).rgb;
    float m = dot(middle, vec3(0.299, 0.587, 0.114));
    float sw = brightness(here + ivec2(-1, -1)), se = brightness(here + ivec2(1, -1));
    float nw = brightness(here + ivec2(-1, 1)), ne = brightness(here + ivec2(1, 1));
    float low = min(m, min(min(nw, ne), min(sw, se))), high = max(m, max(max(nw, ne), max(sw, se)));
    out_rgb = vec4(middle, 1.0);
    if (high - low < max(0.04, 0.11 * high)) return;
    vec2 along = vec2(-((nw + ne) - (sw + se)), (nw + sw) - (ne + se));
    float least = min(abs(along.x), abs(along.y)) + max(0.03 * (nw + ne + sw + se), 1.0 / 128.0);
    vec2 texel = 1.0 / vec2(textureSize(rough, 0));
    vec2 at = gl_FragCoord.xy * texel;
    along = clamp(along / least, -6.0, 6.0) * texel;
    vec3 near = 0.5 * (texture(rough, at - along / 6.0).rgb + texture(rough, at + along / 6.0).rgb);
    vec3 far = 0.5 * near + 0.25 * (texture(rough, at - 0.5 * along).rgb + texture(rough, at + 0.5 * along).rgb);
    float f = dot(far, vec3(0.299, 0.587, 0.114));
    out_rgb = vec4(f < low || f > high ? near : far, 1.0);
}
