in vec2 metres;
flat in vec4 limits;
flat in vec3 origin, along_u, along_v, normal;
flat in int room;
layout(location = 0) out vec4 out_light;

void main() {
    // What lies beyond an edge shows only in blending, and must be like the edge.
    vec2 at = clamp(metres, limits.xy + 0.01, limits.zw - 0.01);
    vec3 position = origin + at.x * along_u + at.y * along_v;
    out_light = vec4(encoded(light_at(position, normal, room, normal, 0.0)), 1.0);
}
