"""What people and programs read: one view worded once, and a module for each format."""
