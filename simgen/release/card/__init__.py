"""The card of a release: README.md with its pictures, CITATION.cff, and croissant.json."""
