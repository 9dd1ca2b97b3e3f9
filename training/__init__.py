"""Training: makes the weights that the product ships and fine-tunes them on a user's photographs. No Qt."""
