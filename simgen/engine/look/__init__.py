"""The look of surfaces: materials, colour palettes and procedural textures."""
