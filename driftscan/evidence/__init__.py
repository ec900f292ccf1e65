"""What known breakages are told by, worked out of states and transitions: several patterns may look at the same."""
