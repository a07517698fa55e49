"""What other programs speak with us: the JSON interface and its description."""
