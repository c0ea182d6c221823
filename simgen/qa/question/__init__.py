"""Question rows from skills and templates: solving, wording, rating, generating, verifying."""
