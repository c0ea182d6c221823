"""Running one function over many items on many processes."""
