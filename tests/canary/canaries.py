"""Secrets that can be told from everything else, and the search for them in any bytes.

A canary is one lower-case word with a number, so that no escaping changes it: it is the same in JSON, HTML, XML, a URL,
a shell word and TOML. What changes it is searched for as well: base64, hexadecimal, and being broken into lines.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Canaries:
    """Every secret of one host, by what it is the secret of."""

    words: dict[str, str] = field(default_factory=dict)

    def __call__(self, what: str) -> str:
        """The secret of that name; the same each time."""
        return self.words.setdefault(what, f"kanari{len(self.words):03d}{re.sub('[^a-z]', '', what.lower())}")

    def base64(self, what: str) -> str:
        """The secret as the content of an encoded text, as in `Basic ...`."""
        return base64.b64encode(f"user:{self(what)}".encode()).decode()

    def key(self, what: str, kind: str = "") -> str:
        """A private key whose text is that secret."""
        head = f"{kind} PRIVATE KEY".strip()
        return f"-----BEGIN {head}-----\nMIIEvQIBADANBgkq{self(what)}\n{self(what)}AoIBAQC7\n-----END {head}-----\n"

    def found_in(self, output: bytes) -> list[str]:
        """The names of the secrets that can be read in the output."""
        lines = re.sub(rb"[ \t]*\n[ \t|>+-]*", b"", output)
        packed = re.sub(rb"<[^<>]*>", b"", output)
        places = (output, lines, packed, output.lower())
        return [
            what for what, word in self.words.items() if any(form in place for form in _forms(word) for place in places)
        ]


def _forms(word: str) -> Iterator[bytes]:
    """How a word may be written; of base64 what does not depend on its neighbours, at each of three places."""
    raw = word.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        yield encoded[(4 if before else 0) : -4]
