// The light on the corners of bodies.
in vec3 in_position;
in ivec4 in_normal_pattern;
in uvec2 in_id_room;
out vec3 out_baked;

void main() {
    vec3 n = normalize(vec3(in_normal_pattern.xyz));
    out_baked = encoded(light_at(in_position, n, int(in_id_room.y), n, 0.0));
}
