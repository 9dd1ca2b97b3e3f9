"""The loop that trains, its tasks, losses and checkpoints."""
