// Light that arrives at a surface: ambient light, dimmed by the occupancy grid; the room's lamps; the sun.
// SHADOWS is the number of samples of a soft shadow; 0 disables shadows.
const vec3 AMBIENT_BELOW = vec3(0.22, 0.20, 0.18), AMBIENT_ABOVE = vec3(0.30, 0.31, 0.33);

const float OFF_SURFACE = 0.02;  // metres, so that a surface does not shadow itself

uniform vec3 lamp_position[33];
uniform vec3 lamp_rgb[33];
uniform ivec2 lamp_span[33];  // a room's lamps; the last entry is for objects in no room
uniform sampler3D occupancy;  // how full the surroundings of each point are
uniform vec3 occupancy_low;
uniform vec3 occupancy_scale;

#if SHADOWS > 0
uniform int room_sunny[33];  // whether sunlight can enter through a window
uniform vec3 sun_direction;
uniform vec3 sun_rgb;
SHADOW_FUNCTIONS
#endif

// Little indirect light reaches corners and the space under furniture.
float openness(vec3 at, vec3 n) {
    vec3 cell = (at + 0.18 * n - occupancy_low) * occupancy_scale;
    return 1.0 - 0.75 * smoothstep(0.25, 1.0, textureLod(occupancy, cell, 0.0).r);
}

// The functions below return linear light on a surface at a world point with a unit normal.

vec3 ambient_at(vec3 at, vec3 n) {
    // A weak directional term makes the sides of a box distinguishable.
    float modelling = 1.0 + 0.10 * n.x + 0.06 * n.z;
    return modelling * mix(AMBIENT_BELOW, AMBIENT_ABOVE, 0.5 + 0.5 * n.y) * openness(at, n);
}

// `gloss` adds the highlight seen from the unit direction `to_eye` (Blinn's half vector, power 32).
vec3 lamp_at(int lamp, vec3 place, vec3 rgb, vec3 at, vec3 n, vec3 to_eye, float gloss) {
    vec3 to_lamp = place - at;
    float distance2 = dot(to_lamp, to_lamp);
    to_lamp *= inversesqrt(distance2);
    float shine = max(dot(n, normalize(to_lamp + to_eye)), 0.0);
    shine *= shine; shine *= shine; shine *= shine; shine *= shine; shine *= shine;
    float arriving = (max(dot(n, to_lamp), 0.0) + gloss * shine) / (1.0 + 0.18 * distance2);
#if SHADOWS > 0
    arriving *= lamp_shadow(lamp, at + OFF_SURFACE * n - place, n);
#endif
    return arriving * rgb;
}

// Light of all of a room's lamps except the lamp `but`.
vec3 lamps_at(vec3 at, vec3 n, int room, int but) {
    vec3 light = vec3(0.0);
    for (int i = lamp_span[room].x; i < lamp_span[room].y; ++i) {
        if (i != but) light += lamp_at(i, lamp_position[i], lamp_rgb[i], at, n, n, 0.0);
    }
    return light;
}

#if SHADOWS > 0
vec3 sun_at(vec3 at, vec3 n, int room) {
    float sunny = -dot(n, sun_direction);
    if (sunny <= 0.0 || room_sunny[room] == 0) return vec3(0.0);
    return sunny * sun_rgb * sun_shadow(at + OFF_SURFACE * n, n);
}
#endif

// Linear light encoded as a factor on sRGB colours. Under a power law, the product of two encoded values is the
// encoded product, so light can be stored and interpolated encoded. Very bright light is compressed.
vec3 encoded(vec3 light) {
    vec3 over = max(light - 0.7, 0.0);
    return pow(min(light, 0.7) + 1.5 * over / (over + 1.5), vec3(1.0 / 2.2));
}
