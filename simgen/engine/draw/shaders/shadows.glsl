uniform sampler2DShadow lamp_shadows;  // one row per lamp, with its five views side by side
uniform sampler2DShadow sun_shadows;
uniform mat4 sun_from_world;
uniform vec2 lamp_depth_terms;
uniform float lamp_lines;
uniform float lamp_guard;
uniform vec2 taps[SHADOWS];
uniform float lamp_softness;  // radius of a lamp shadow's soft edge, as a tangent
uniform float sun_softness;  // radius of a sun shadow's soft edge, in coordinates of the sun's map
uniform vec3 sun_extent;  // size of the sun's map, metres

// Fraction of a lamp's light that arrives at a surface. `ray` goes from the lamp to the point; n is its normal.
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
    // Near the point the surface is taken to be a plane. Each sample is compared with the plane's depth at the
    // sample, so a flat surface never shadows itself, however far apart the samples are.
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
    // The normal in the sun's axes. The samples follow the plane in the same way as in lamp_shadow.
    vec3 facing = mat3(sun_from_world) * n * sun_extent;
    vec2 slope = clamp(-facing.xy / facing.z, -4.0, 4.0) * sun_extent.xy / sun_extent.z;
    float lit = 0.0;
    for (int k = 0; k < SHADOWS; k += 2) {
        vec2 off = taps[k] * sun_softness;
        lit += texture(sun_shadows, vec3(seen.xy + off, seen.z + dot(slope, off)));
    }
    return 2.0 * lit / float(SHADOWS);
}
