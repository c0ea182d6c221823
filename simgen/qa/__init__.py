"""Questions from clips: templates, skills, generation and verification."""
