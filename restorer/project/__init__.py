"""The saved project, and the journal that survives a crash."""
