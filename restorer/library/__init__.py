"""Models on disk: descriptions, checksums, defaults, imports."""
