"""The training wizard, one file for each page."""
