in vec2 metres;
flat in vec4 limits;
flat in vec3 origin, along_u, along_v, normal;
flat in int room;
layout(location = 0) out vec4 out_light;

void main() {
    // Texels beyond an edge are used only for interpolation, and must equal the edge.
    vec2 at = clamp(metres, limits.xy + 0.01, limits.zw - 0.01);
    vec3 position = origin + at.x * along_u + at.y * along_v;
    vec3 light = ambient_at(position, normal) + lamps_at(position, normal, room, -1) + sun_at(position, normal, room);
    out_light = vec4(encoded(light), 1.0);
}
