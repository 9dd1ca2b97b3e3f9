"""What stands around the canvas, and the dialogs of one photograph."""
