uniform sampler2DShadow lamp_shadows;  // five views a lamp side by side, a lamp a line
uniform sampler2DShadow sun_shadows;
uniform mat4 sun_from_world;
uniform vec2 lamp_depth_terms;
uniform float lamp_lines;
uniform float lamp_guard;
uniform vec2 taps[SHADOWS];
uniform float lamp_softness;  // radius of a lamp's soft edge as a tangent
uniform float sun_softness;  // radius of the sun's in its map's coordinates
uniform vec3 sun_extent;  // metres that its map spans

// How much of a lamp's light arrives at a surface. `ray` runs from the lamp to the point, n is its normal.
float lamp_shadow(int lamp, vec3 ray, vec3 n) {
    vec3 size = abs(ray);
    float along, face;
    vec2 side, n_side;
    if (size.y >= size.x && size.y >= size.z) {
        if (ray.y > 0.0) return 1.0;
        along = size.y; side = ray.xz; n_side = n.xz; face = 0.0;
    } else if (size.x > size.z) {
        along = size.x; side = ray.zy; n_side = n.zy; face = ray.x > 0.0 ? 1.0 : 2.0;
    } else {
        along = size.z; side = ray.xy; n_side = n.xy; face = ray.z > 0.0 ? 3.0 : 4.0;
    }
    // Around the point the surface goes on as a plane, so a tap must be compared with the plane's own depth
    // there: a flat surface then never shades itself, however wide the taps are spread.
    float bend = 0.5 * lamp_depth_terms.y / along;
    vec2 slope = clamp(n_side * along / dot(n, ray), -4.0, 4.0);
    float depth = 0.5 + 0.5 * lamp_depth_terms.x + bend;
    vec2 tile = vec2(5.0, lamp_lines);
    vec2 at = (vec2(face, float(lamp)) + 0.5 + 0.5 * lamp_guard * side / along) / tile;
    float lit = 0.0;
    for (int k = 0; k < SHADOWS; ++k) {
        vec2 off = taps[k] * lamp_softness;
        lit += texture(lamp_shadows, vec3(at + 0.5 * lamp_guard * off / tile, depth + bend * dot(slope, off)));
    }
    return lit / float(SHADOWS);
}

float sun_shadow(vec3 at, vec3 n) {
    vec3 seen = 0.5 + 0.5 * (sun_from_world * vec4(at, 1.0)).xyz;
    // The normal along the sun's axes, by the same rule.
    vec3 facing = mat3(sun_from_world) * n * sun_extent;
    vec2 slope = clamp(-facing.xy / facing.z, -4.0, 4.0) * sun_extent.xy / sun_extent.z;
    float lit = 0.0;
    for (int k = 0; k < SHADOWS; k += 2) {
        vec2 off = taps[k] * sun_softness;
        lit += texture(sun_shadows, vec3(seen.xy + off, seen.z + dot(slope, off)));
    }
    return 2.0 * lit / float(SHADOWS);
}
