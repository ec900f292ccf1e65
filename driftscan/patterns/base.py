"""The shape of a pattern.

A pattern is one module in this folder. Its name, with dashes, is the pattern's id; the first line of its docstring is
the title, and the sections Symptom, Cause, Before, After, Remedy and References are what people read. It has a
`PATTERN`, and `hazards(state)` for a breakage that is in a state, or `events(transition)` for one that a change
brings (with `mended(state, hit)` when it lasts). Where a few lines mend it, `fix(state, hit)` returns them as edits.
It looks at the typed model only: no text, no regular expressions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from driftscan.drift.findings import Severity


class Category(StrEnum):
    """What kind of harm it does."""

    HANDSHAKE_FAILURE = "handshake-failure"
    OUTAGE = "outage"
    LOAD_FAILURE = "config-load-failure"
    WRONG_CERTIFICATE = "wrong-certificate"
    NO_EFFECT = "silent-no-effect"
    SECURITY = "security-regression"
    COMPATIBILITY = "client-compatibility"
    RENEWAL = "renewal"
    UPSTREAM = "upstream-tls"
    PERFORMANCE = "performance"
    IRREVERSIBLE = "irreversible"
    SITE = "site"
    """What the people of one host have written down themselves."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a pattern says about itself besides its docstring."""

    category: Category
    severity: Severity
    """The worst it can be; a hit may say less."""
    messages: Mapping[str, str]
    """By variant (`""` for the only one), one sentence with the hit's facts in braces."""
    symptoms: tuple[str, ...]
    """Error texts as people paste them: browsers, tools, server logs."""
    affects: str
    """The versions it holds for, in one line."""
    visitors: Mapping[str, str] = field(default_factory=dict)
    """By variant (`""` for all others): who is hit, as a noun phrase with the hit's facts in braces."""
    remedies: Mapping[str, str] = field(default_factory=dict)
    """By variant (`""` for all others): what to do about this hit, in sentences with its facts in braces."""
    also: tuple[str, ...] = ()
    """Other names that people may know the breakage by; `driftscan patterns` finds it by them too."""
