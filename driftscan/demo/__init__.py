"""The founding incident as a real git history, to try driftscan on and to test it with."""
