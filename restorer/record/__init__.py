"""What is done to a photograph, and what is told about it: recipes, history, sidecars, exports."""
