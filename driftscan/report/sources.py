"""Where a value is from, in a word and in words."""

from typing import Literal, assert_never

from driftscan.nginx.directives.base import Default, Explicit, Inherited, Origin, Unknown


def origin_word(origin: Origin) -> Literal["explicit", "inherited", "default", "unknown"]:
    """Which of the four origins it is."""
    match origin:
        case Explicit():
            return "explicit"
        case Inherited():
            return "inherited"
        case Default():
            return "default"
        case Unknown():
            return "unknown"
        case _:
            assert_never(origin)


def source(origin: Origin) -> str:
    """The lines, or which nginx has it as its default, or why it is not known."""
    match origin:
        case Explicit(at):
            return ", ".join(map(str, at))
        case Inherited(at):
            return f"{', '.join(map(str, at))} (inherited)"
        case Default(nginx, assumed):
            return f"default of nginx {nginx}{' (version assumed)' if assumed else ''}"
        case Unknown(gap):
            return f"not known: {gap.path}: {gap.reason}"
        case _:
            assert_never(origin)
