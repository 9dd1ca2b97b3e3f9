"""The model library: list, imports, two models compared."""
