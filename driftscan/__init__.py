"""What changed in nginx TLS, when, by whom, who is hit, and why it breaks: read from the git history of /etc.

Start reading at :mod:`driftscan.drift.scan`, the whole road in one module.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("driftscan")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
