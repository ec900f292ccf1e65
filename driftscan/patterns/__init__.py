"""Known breakages, one file each. The docstring of a file is its documentation; see :mod:`driftscan.patterns.base`."""
