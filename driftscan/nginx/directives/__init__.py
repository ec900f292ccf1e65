"""One declaration per directive: the facts of nginx as data."""
