"""What the people of one host say themselves: patterns of their own, and findings that they know about."""
