"""Patches as they may be shown: what is copied from a page must be the same bytes, and no secret leaves the host."""

from driftscan.drift.patches import Patch
from driftscan.report.printable import Verbatim
from driftscan.report.rawdiff import holds_secret


def carried(patch: Patch | None) -> str | None:
    """The patch for a format that carries any text; `None` where it holds bytes that are no text, or a secret."""
    if patch is None or holds_secret(patch.text) or any("\ud800" <= found <= "\udfff" for found in patch.text):
        return None
    return patch.text


def shown(patch: Patch | None) -> tuple[str, ...]:
    """Its lines for people to copy; nothing where that would change them, as it does with Windows line ends."""
    text = carried(patch)
    if text is None:
        return ()
    lines = [Verbatim.of(line) for line in text.removesuffix("\n").split("\n")]
    return tuple(line for line in lines if line is not None) if None not in lines else ()
