// Computes light at the vertices of bodies when a scene is loaded. With LIT == BY_PIXEL: linear light of all
// lamps except the room's own, which is computed per pixel. Otherwise: all light, encoded.
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
