// Writes the colour, the metric depth and the instance id of a pixel.
// LIT is the lighting mode: light from the light map, from the vertices, or computed here with shadows.
const int METAL = 6, MARBLE = 7, SKY = 8, SCREEN = 9, LAMP = 10;

uniform vec3 eye;
uniform vec2 depth_of_z;  // orthographic camera: far - near, and near; otherwise 0
uniform sampler2DArray textures;
uniform sampler2D lightmap;

in vec3 position;
in vec3 normal;
in vec2 uv;
in vec3 rgb;
in vec3 baked;  // BY_MAP: light map coordinates; BY_CORNERS: encoded light; BY_PIXEL: linear light of the other lamps
flat in int kind;
flat in int pattern;
flat in uint instance_id;
#if LIT == BY_PIXEL
flat in int room;
flat in int lamp;
flat in vec3 lamp_place;
flat in vec3 lamp_light;
#endif

layout(location = 0) out vec4 out_rgb;
layout(location = 1) out uint out_id;
layout(location = 2) out float out_depth;

vec3 surface_colour() {
    vec2 print = texture(textures, vec3(uv, float(pattern))).rg;  // grey and mask
    return print.r * mix(vec3(1.0), 2.0 * rgb, print.g);
}

// Colour of the sky in a window, by the y component of a unit direction.
vec3 sky(float height) {
    vec3 air = mix(vec3(0.93, 0.96, 1.0), vec3(0.55, 0.75, 0.98), clamp(height * 1.5 + 0.25, 0.0, 1.0));
    return mix(vec3(0.78, 0.84, 0.78), air, clamp(10.0 * height + 0.8, 0.0, 1.0));
}

vec3 shaded(vec3 to_eye) {
#if LIT == BY_MAP
    vec3 light = textureLod(lightmap, baked.xy, 0.0).rgb;
#elif LIT == BY_CORNERS
    vec3 light = baked;
#else
    float gloss = kind == METAL || kind == MARBLE || kind == SCREEN ? 1.0 : 0.0;
    vec3 n = normalize(normal);
    vec3 own = lamp_at(lamp, lamp_place, lamp_light, position, n, to_eye, gloss);
    vec3 light = encoded(ambient_at(position, n) + own + baked + sun_at(position, n, room));
#endif
    if (kind == LAMP) light += 0.3;
    return surface_colour() * light;
}

void main() {
#if LIT == BY_MAP
    out_rgb = vec4(shaded(vec3(0.0)), 1.0);
#else
    vec3 to_eye = normalize(eye - position);
    out_rgb = vec4(kind == SKY ? sky(-to_eye.y) : shaded(to_eye), 1.0);
#endif
    out_id = instance_id;
    out_depth = depth_of_z.x > 0.0 ? depth_of_z.x * gl_FragCoord.z + depth_of_z.y : 1.0 / gl_FragCoord.w;
}
