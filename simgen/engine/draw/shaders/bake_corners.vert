// What is known beforehand of the light on the corners of bodies: all of it, encoded, or only that of other
// lamps than the room's own where pixels are lit one by one.
uniform int own_lamp[33];
in vec3 in_position;
in ivec4 in_normal_pattern;
in uvec2 in_id_room;
out vec3 out_baked;

void main() {
    vec3 n = normalize(vec3(in_normal_pattern.xyz));
    int room = int(in_id_room.y);
#if LIT == BY_PIXEL
    out_baked = lamps_at(in_position, n, room, own_lamp[room]);
#else
    out_baked = encoded(ambient_at(in_position, n) + lamps_at(in_position, n, room, -1));
#endif
}
