layout(location = 0) out vec4 out_rgb;
layout(location = 1) out uint out_id;
layout(location = 2) out float out_depth;

void main() {
    out_rgb = vec4(0.78, 0.87, 0.97, 1.0);
    out_id = 0u;
    out_depth = 0.0;  // no surface
}
