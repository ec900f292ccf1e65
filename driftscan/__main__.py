"""`python -m driftscan`."""

import sys

from driftscan.cli import main

sys.exit(main())
