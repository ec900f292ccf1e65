"""From one state to the next: what changed, what it broke or mended, and for how long."""
