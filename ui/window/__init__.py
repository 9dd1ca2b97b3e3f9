"""The main window, and what its actions do."""
