"""Weights, samples, icons and styles that come with the program."""
