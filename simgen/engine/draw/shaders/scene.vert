uniform mat4 clip_from_world;
uniform vec2 period[18];  // size of each pattern's period, metres
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
#if LIT == BY_PIXEL
uniform vec3 lamp_position[33];
uniform vec3 lamp_rgb[33];
uniform int own_lamp[33];
flat out int lamp;
flat out vec3 lamp_place;
flat out vec3 lamp_light;
#endif

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
#if LIT == BY_PIXEL
    lamp = own_lamp[room];
    lamp_place = lamp_position[lamp];
    lamp_light = lamp_rgb[lamp];
#endif
    gl_Position = clip_from_world * vec4(in_position, 1.0);
}
