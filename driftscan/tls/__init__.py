"""What a client meets: for each socket and name, whose setting decides and what is in force."""
