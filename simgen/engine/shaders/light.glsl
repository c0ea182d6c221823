// Light that arrives at a surface: ambient, dimmed where the room is full; the room's lamps; the sun.
// SHADOWS is the number of taps of a soft shadow; 0 casts none.
const vec3 AMBIENT_BELOW = vec3(0.22, 0.20, 0.18), AMBIENT_ABOVE = vec3(0.30, 0.31, 0.33);

uniform vec3 lamp_position[33];
uniform vec3 lamp_rgb[33];
uniform ivec2 lamp_span[33];  // a room's lamps; the last is for things in no room
uniform sampler3D occupancy;  // how full the house is, a few decimetres about
uniform vec3 occupancy_low;
uniform vec3 occupancy_scale;

#if SHADOWS > 0
uniform int room_sunny[33];  // whether the sun falls in through a window
uniform vec3 sun_direction;
uniform vec3 sun_rgb;
SHADOW_FUNCTIONS
#endif

// Little of the light that bounces about the room arrives in corners and under furniture.
float openness(vec3 at, vec3 n) {
    vec3 cell = (at + 0.18 * n - occupancy_low) * occupancy_scale;
    return 1.0 - 0.75 * smoothstep(0.25, 1.0, textureLod(occupancy, cell, 0.0).r);
}

// Linear light on a surface at a world point with a unit normal. `gloss` adds the lamps' highlights as an eye
// in the unit direction `to_eye` sees them (Blinn's half vector, power 32).
vec3 light_at(vec3 at, vec3 n, int room, vec3 to_eye, float gloss) {
    // A weak light from nowhere in particular tells the sides of a box apart.
    float modelling = 1.0 + 0.10 * n.x + 0.06 * n.z;
    vec3 light = modelling * mix(AMBIENT_BELOW, AMBIENT_ABOVE, 0.5 + 0.5 * n.y) * openness(at, n);
    vec3 off_surface = at + 0.02 * n;
    for (int i = lamp_span[room].x; i < lamp_span[room].y; ++i) {
        vec3 to_lamp = lamp_position[i] - at;
        float distance2 = dot(to_lamp, to_lamp);
        to_lamp *= inversesqrt(distance2);
        float facing = max(dot(n, to_lamp), 0.0);
        float shine = max(dot(n, normalize(to_lamp + to_eye)), 0.0);
        shine *= shine; shine *= shine; shine *= shine; shine *= shine; shine *= shine;
        vec3 arriving = (facing + gloss * shine) * lamp_rgb[i] / (1.0 + 0.18 * distance2);
#if SHADOWS > 0
        arriving *= lamp_shadow(i, off_surface - lamp_position[i], n);
#endif
        light += arriving;
    }
#if SHADOWS > 0
    float sunny = -dot(n, sun_direction);
    if (sunny > 0.0 && room_sunny[room] > 0) light += sunny * sun_rgb * sun_shadow(off_surface, n);
#endif
    return light;
}

// Light as a factor on sRGB colours. Under a power law the product of two encoded values is the encoded
// product, so that light can be stored and blended encoded. What is too bright is bent below white.
vec3 encoded(vec3 light) {
    vec3 over = max(light - 0.7, 0.0);
    return pow(min(light, 0.7) + 1.5 * over / (over + 1.5), vec3(1.0 / 2.2));
}
