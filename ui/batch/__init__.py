"""The batch window and the triage of what was found."""
