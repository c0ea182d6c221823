// Draws one triangle that covers the whole picture, at the far plane.
void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2) * 2.0 - 1.0;
    gl_Position = vec4(corner, 1.0, 1.0);
}
