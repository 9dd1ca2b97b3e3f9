"""The commands of `restorer`."""
