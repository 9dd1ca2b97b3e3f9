"""What computes: finding damage and filling it."""
