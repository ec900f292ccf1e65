"""Names that say of themselves that a host is for trials: what is wrong there may well be meant so."""

import re
from typing import Final

from driftscan.tls.coverage import is_host, is_internal

_TRIALS: Final = frozenset(
    {"staging", "stage", "test", "testing", "dev", "develop", "development", "sandbox", "qa", "uat"}
)
_WORD: Final = re.compile(r"[a-z]+")


def is_for_visitors(name: str) -> bool:
    """Whether people outside ask for a name of `server_name`: it is public, and none of its words is about trials."""
    return is_host(name) and not is_internal(name) and not _TRIALS.intersection(_WORD.findall(name.lower()))
