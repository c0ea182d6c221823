uniform mat4 clip_from_world;
uniform vec2 period[18];  // metres that each pattern spans
in vec3 in_position;
in vec2 in_uv;
in ivec4 in_normal_pattern;
in vec4 in_rgb_kind;
in uvec2 in_id_room;
in vec3 in_baked;
out vec3 position;
out vec3 normal;
out vec2 uv;
out vec3 rgb;
out vec3 baked;
flat out int kind;
flat out int pattern;
flat out uint instance_id;
flat out int room;

void main() {
    position = in_position;
    normal = vec3(in_normal_pattern.xyz);
    pattern = in_normal_pattern.w;
    uv = in_uv / period[pattern];
    rgb = in_rgb_kind.rgb;
    baked = in_baked;
    kind = int(in_rgb_kind.a * 255.0 + 0.5);
    instance_id = in_id_room.x;
    room = int(in_id_room.y);
    gl_Position = clip_from_world * vec4(in_position, 1.0);
}
