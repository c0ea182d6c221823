// One draw writes the picture, the metric depth and the instance id of a pixel.
// SHADOWS is the number of taps of a soft shadow; 0 draws none.
const int SURFACE_METAL = 6, SURFACE_MARBLE = 7, SURFACE_SKY = 8, SURFACE_SCREEN = 9, SURFACE_LAMP = 10;

const vec3 AMBIENT_BELOW = vec3(0.22, 0.20, 0.18), AMBIENT_ABOVE = vec3(0.30, 0.31, 0.33);

uniform vec3 eye;
uniform vec3 lamp_position[33];
uniform vec3 lamp_rgb[33];
uniform ivec2 lamp_span[33];  // a room's lamps; the last is for things in no room
uniform int room_sunny[33];  // whether the sun falls in through a window
uniform vec3 sun_direction;
uniform vec3 sun_rgb;
uniform vec2 period[18];
uniform sampler2DArray textures;
uniform sampler3D occupancy;  // how full the house is, a few decimetres about
uniform vec3 occupancy_low;
uniform vec3 occupancy_scale;

uniform vec2 depth_of_z;  // far - near and near of a camera without perspective, else 0

in vec3 position;
in vec3 normal;
in vec2 uv;
flat in vec3 rgb;
in vec3 blended_rgb;
flat in int kind;
flat in int pattern;
flat in uint instance_id;
flat in int room;

layout(location = 0) out vec4 out_rgb;
layout(location = 1) out uint out_id;
layout(location = 2) out float out_depth;

// sRGB and back by polynomials that are within 0.3 % of the standard's curve (I. Taylor, 2012).
vec3 linear(vec3 c) { return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878); }

vec3 encoded(vec3 c) {
    vec3 s1 = sqrt(c), s2 = sqrt(s1), s3 = sqrt(s2);
    return 0.662002687 * s1 + 0.684122060 * s2 - 0.323583601 * s3 - 0.0225411470 * c;
}

vec3 surface_colour() {
    // Where all corners have one colour it is taken as it is: blending would round it.
    vec3 own = distance(rgb, blended_rgb) < 1e-3 ? rgb : blended_rgb;
    if (pattern == 0) return linear(own);
    vec4 print = texture(textures, vec3(uv / period[pattern], float(pattern)));
    return linear(mix(print.rgb, 2.0 * print.rgb * own, print.a));
}

vec3 sky(vec3 direction) {
    float up = clamp(direction.y * 1.5 + 0.25, 0.0, 1.0);
    vec3 air = mix(vec3(0.93, 0.96, 1.0), vec3(0.55, 0.75, 0.98), up);
    return mix(vec3(0.78, 0.84, 0.78), air, smoothstep(-0.08, 0.02, direction.y));
}

// How much of the light that bounces about the room arrives: little in corners and under furniture.
float openness(vec3 n) {
    vec3 at = (position + 0.18 * n - occupancy_low) * occupancy_scale;
    return 1.0 - 0.75 * smoothstep(0.25, 1.0, texture(occupancy, at).r);
}

SHADOW_FUNCTIONS

vec3 shade(vec3 n) {
    vec3 albedo = surface_colour();
    bool glossy = kind == SURFACE_METAL || kind == SURFACE_SCREEN || kind == SURFACE_MARBLE;
    vec3 to_eye = normalize(eye - position), direct = vec3(0.0), shine = vec3(0.0);
#if SHADOWS > 0
    vec3 off_surface = position + 0.02 * n;
#endif
    for (int i = lamp_span[room].x; i < lamp_span[room].y; ++i) {
        vec3 to_light = lamp_position[i] - position;
        float distance2 = dot(to_light, to_light);
        to_light *= inversesqrt(distance2);
        float facing = max(dot(n, to_light), 0.0);
        vec3 arriving = lamp_rgb[i] / (1.0 + 0.18 * distance2);
#if SHADOWS > 0
        arriving *= lamp_shadow(i, off_surface - lamp_position[i], n);
#endif
        direct += facing * arriving;
        if (glossy) {
            float s = max(dot(n, normalize(to_light + to_eye)), 0.0);
            s *= s; s *= s; s *= s; s *= s; s *= s;
            shine += arriving * s;
        }
    }
#if SHADOWS > 0
    float sunny = -dot(n, sun_direction);
    if (sunny > 0.0 && room_sunny[room] > 0) direct += sunny * sun_rgb * sun_shadow(off_surface, n);
#endif
    vec3 ambient = mix(AMBIENT_BELOW, AMBIENT_ABOVE, 0.5 + 0.5 * n.y) * openness(n);
    // A weak light from nowhere in particular tells the sides of a box apart.
    float modelling = 0.10 * n.x + 0.06 * n.z;
    vec3 light = ambient * (1.0 + modelling) + direct + shine;
    return kind == SURFACE_LAMP ? albedo * (light + 0.55) : albedo * light;
}

// Leaves the shade as it is and bends what is too bright below 1.
vec3 exposed(vec3 c) {
    vec3 over = max(c - 0.6, 0.0);
    return min(c, 0.6) + 0.4 * over / (over + 0.4);
}

void main() {
    vec3 colour = kind == SURFACE_SKY ? linear(sky(normalize(position - eye))) : shade(normalize(normal));
    out_rgb = vec4(encoded(exposed(colour)), 1.0);
    out_id = instance_id;
    out_depth = depth_of_z.x > 0.0 ? depth_of_z.x * gl_FragCoord.z + depth_of_z.y : 1.0 / gl_FragCoord.w;
}
