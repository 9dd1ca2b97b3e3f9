"""The open photograph: surfaces, masks, strokes, undo."""
