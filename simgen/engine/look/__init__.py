"""Materials, palettes and procedural textures."""
