// Draws a flat surface of the house into its rectangle of the light map.
in vec2 in_place;  // clip space
in vec2 in_metres;  // on the surface
in vec4 in_limits;  // its lowest and highest metres
in vec3 in_origin, in_along_u, in_along_v, in_normal;
in int in_room;
out vec2 metres;
flat out vec4 limits;
flat out vec3 origin, along_u, along_v, normal;
flat out int room;

void main() {
    metres = in_metres;
    limits = in_limits;
    origin = in_origin;
    along_u = in_along_u;
    along_v = in_along_v;
    normal = in_normal;
    room = in_room;
    gl_Position = vec4(in_place, 0.0, 1.0);
}
