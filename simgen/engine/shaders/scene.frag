#version 330 core
// One draw writes the picture, the metric depth and the instance id of a pixel.
const int PLAIN = 0, WOOD = 1, TILE = 2, BRICK = 3, FABRIC = 4, CARPET = 5, METAL = 6, MARBLE = 7;
const int SKY = 8, SCREEN = 9, EMISSIVE = 10;

uniform vec3 eye;
uniform float ceiling_y;
uniform vec4 lights[33];  // position and strength
uniform ivec2 light_range[33];  // a room's lights; the last is for things in no room
uniform vec3 light_rgb;

in vec3 position;
in vec3 normal;
flat in vec3 rgb;
flat in int kind;
flat in uint instance_id;
flat in int room;

layout(location = 0) out vec4 out_rgb;
layout(location = 1) out uint out_id;
layout(location = 2) out float out_depth;

float hash(vec2 cell) {
    return fract(sin(dot(cell, vec2(127.1, 311.7))) * 43758.5453);
}

float noise(vec2 at) {
    vec2 cell = floor(at), f = smoothstep(0.0, 1.0, fract(at));
    return mix(mix(hash(cell), hash(cell + vec2(1, 0)), f.x),
               mix(hash(cell + vec2(0, 1)), hash(cell + vec2(1, 1)), f.x), f.y);
}

// Coordinates on the surface in metres: the plane that the normal looks along most.
vec2 surface_metres(vec3 n) {
    vec3 a = abs(n);
    if (a.y >= a.x && a.y >= a.z) return position.xz;
    return a.x > a.z ? position.zy : position.xy;
}

float wood(vec2 at, bool planks) {
    float shade = 1.0;
    if (planks) {  // boards 12 cm wide and 1.6 m long, each line of boards shifted
        float line = floor(at.y / 0.12);
        float along = at.x / 1.6 + hash(vec2(line, 3.0));
        vec2 in_board = vec2(fract(along) * 1.6, fract(at.y / 0.12) * 0.12);
        float width = fwidth(at.y) + fwidth(at.x);
        float seam = min(min(in_board.x, 1.6 - in_board.x), min(in_board.y, 0.12 - in_board.y));
        shade = (0.88 + 0.2 * hash(vec2(line, floor(along)))) * mix(0.72, 1.0, smoothstep(0.0, 0.004 + width, seam));
        at += 7.0 * vec2(hash(vec2(line, floor(along))));
    }
    return shade * (0.93 + 0.09 * noise(vec2(at.x * 3.0, at.y * 45.0)));
}

float grid_lines(vec2 at, vec2 size, float joint) {
    vec2 to_line = (0.5 - abs(fract(at / size) - 0.5)) * size;
    float width = fwidth(at.x) + fwidth(at.y);
    return smoothstep(0.0, joint + width, min(to_line.x, to_line.y));
}

vec3 surface(vec3 n) {
    vec2 at = surface_metres(n);
    if (kind == WOOD) return rgb * wood(at, n.y > 0.9 && position.y < 0.02);
    if (kind == TILE) return rgb * mix(0.7, 1.0, grid_lines(at, vec2(0.3), 0.004));
    if (kind == BRICK) {
        float course = floor(at.y / 0.075);
        vec2 shifted = vec2(at.x + 0.11 * mod(course, 2.0), at.y);
        float tone = 0.85 + 0.3 * hash(vec2(floor(shifted.x / 0.22), course));
        return mix(vec3(0.62), rgb * tone, grid_lines(shifted, vec2(0.22, 0.075), 0.006));
    }
    if (kind == FABRIC) return rgb * (0.92 + 0.14 * noise(at * 60.0));
    if (kind == CARPET) return rgb * (0.85 + 0.25 * noise(at * 110.0));
    if (kind == MARBLE) return rgb * (0.9 + 0.14 * noise(at * 4.0 + 2.0 * noise(at * 9.0)));
    return rgb;
}

vec3 linear(vec3 c) { return pow(c, vec3(2.2)); }

vec3 sky(vec3 direction) {
    float up = clamp(direction.y * 1.5 + 0.25, 0.0, 1.0);
    return mix(vec3(0.78, 0.84, 0.78), mix(vec3(0.93, 0.96, 1.0), vec3(0.55, 0.75, 0.98), up), smoothstep(-0.08, 0.02, direction.y));
}

// Corners get less of the light that bounces about: near the floor, near the ceiling.
float openness_to_room() {
    float low = smoothstep(-0.05, 0.5, position.y), high = smoothstep(-0.1, 0.4, ceiling_y - position.y);
    return mix(0.72, 1.0, low) * mix(0.85, 1.0, high);
}

vec3 shade(vec3 n) {
    vec3 albedo = linear(surface(n));
    vec3 to_eye = normalize(eye - position), direct = vec3(0.0), shine = vec3(0.0);
    for (int i = light_range[room].x; i < light_range[room].y; ++i) {
        vec3 to_light = lights[i].xyz - position;
        float distance2 = dot(to_light, to_light);
        to_light *= inversesqrt(distance2);
        vec3 arriving = light_rgb * lights[i].w / (1.0 + 0.18 * distance2);
        direct += arriving * max(dot(n, to_light), 0.0);
        shine += arriving * pow(max(dot(n, normalize(to_light + to_eye)), 0.0), 40.0);
    }
    float bounce = 0.5 + 0.5 * n.y;
    vec3 ambient = mix(vec3(0.30, 0.28, 0.27), vec3(0.50, 0.52, 0.55), bounce) * openness_to_room();
    // A weak light from nowhere in particular tells the sides of a box apart.
    float modelling = 0.10 * n.x + 0.06 * n.z;
    vec3 light = ambient * (1.0 + modelling) + direct;
    if (kind == METAL || kind == SCREEN) light += (kind == SCREEN ? 0.8 : 1.6) * shine;
    return kind == EMISSIVE ? albedo * (light + 0.55) : albedo * light;
}

void main() {
    vec3 n = normalize(normal);
    vec3 colour = kind == SKY ? linear(sky(normalize(position - eye))) : shade(n);
    out_rgb = vec4(pow(clamp(colour, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
    out_id = instance_id;
    out_depth = 1.0 / gl_FragCoord.w;
}
