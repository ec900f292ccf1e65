"""Whether everything that driftscan needs is there and right, and the command that mends what is not."""
