"""Drawing with OpenGL: a scene in, RGB, depth and instance ids out."""
