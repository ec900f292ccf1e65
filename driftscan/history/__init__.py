"""The git history of /etc: commits, trees, dates, who made them, and which versions they prove."""
