"""Photographs in and out: depth, profile, metadata, limits, a save that is decoded again."""
