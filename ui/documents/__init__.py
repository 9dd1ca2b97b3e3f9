"""The open photographs and their jobs, joined to Qt."""
