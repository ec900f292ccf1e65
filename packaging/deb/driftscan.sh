#!/bin/sh
# -I: neither the directory one is in nor PYTHONPATH nor the user's own packages may take the place of what is here.
exec /opt/driftscan/bin/python -I -m driftscan "$@"
