"""What changed in nginx TLS, when, by whom, who is hit, and why it breaks: read from the git history of /etc.

Start reading at :mod:`driftscan.drift.scan`, the whole road in one module.
"""

# As in pyproject.toml. Asking the installed package for it would cost every start, also of the hook, 40 ms.
__version__ = "0.1.0"
