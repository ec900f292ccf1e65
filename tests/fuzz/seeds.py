"""What a finder of bytes begins with: bytes that go deep into each target."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.case_files import all_cases
from tests.etc import Content, Link
from tests.fuzz.trees import MARK
from tests.nginx.trees import MAIN

WORDS = (b"yesterday", b"2026-03-01T14:30+01:00", b"@1700000000", b"last friday", b"2 weeks ago", b"1700000000 +0100")


def as_bytes(files: Mapping[str, Content]) -> bytes:
    """The bytes that :func:`tests.fuzz.trees.tree_of` makes this tree of, with the paths below /etc."""
    parts = [_bytes(files.get(MAIN) or "")]
    for path, content in files.items():
        match content:
            case str() | bytes() if path != MAIN:
                parts.append(path.encode("utf-8", "surrogateescape") + b"\n" + _bytes(content))
            case Link(target):
                parts.append(path.encode("utf-8", "surrogateescape") + b" -> " + _bytes(target))
            case _:
                pass
    return MARK.join(parts)


def _bytes(content: Content) -> bytes:
    match content:
        case str():
            return content.encode("utf-8", "surrogateescape")
        case bytes():
            return content
        case _:
            return b""


def seeds(target: str) -> Iterable[bytes]:
    """The seeds of a target, out of the case files of the patterns."""
    cases = all_cases()
    trees = [tree for case in cases for tree in (case.before, case.after)]
    files = [(path, _bytes(content)) for tree in trees for path, content in tree.items()]
    match target:
        case "includes" | "configuration":
            return map(as_bytes, trees)
        case "syntax":
            return (data for path, data in files if path.startswith("nginx/"))
        case "messages":
            return (message.encode() for case in cases for message in case.messages.values())
        case "words":
            return WORDS
        case "certificates":
            return (data for _, data in files if b"-----BEGIN" in data)
        case "patterns":
            return (b"sites-enabled/*.conf\n" + as_bytes(tree) for tree in trees[:40])
        case _:
            return (data for path, data in files if not path.startswith("nginx/"))


def write_seeds(target: str, folder: Path) -> None:
    """Write the seeds of a target that are not too long to be changed, each once."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(sorted({seed for seed in seeds(target) if len(seed) <= 16_000})):
        (folder / f"seed-{number:04}").write_bytes(data)
