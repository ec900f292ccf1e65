"""Which known breakages explain an error that somebody pasted: a browser's name for it, a tool's line, a server's log.

People paste more than the catalogue has (times, addresses, error codes of one OpenSSL) and less (a few words of it).
So words are compared, not lines: how much of a symptom is in the text, or how much of the text is in a symptom, each
word weighing the more the fewer breakages have it. A word that most errors have proves nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from driftscan.drift.findings import PatternId
from driftscan.patterns.catalogue import KnownBreakage

_WORD: Final = re.compile(r"[a-z0-9_]+(?:'[a-z]+)?")
_PLAIN: Final = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "from", "had", "has", "have", "i", "in", "is"),
        *("it", "its", "my", "of", "on", "or", "our", "that", "the", "their", "then", "there", "they", "this", "to"),
        *("was", "we", "were", "when", "which", "while", "with", "you", "your"),
    }
)
"""Words that hold an English sentence together; that two texts share them proves nothing."""
_TELLING: Final = 0.6
"""From this part of a symptom on, a text is taken to show it."""
_WHOLE: Final = 0.95
"""What a text scores that has a whole symptom in it, and much besides."""
_MENTIONED: Final = 0.3
"""What a breakage scores whose explanation has every word of the text, and no symptom of which does."""


@dataclass(frozen=True, slots=True)
class Match:
    """A known breakage that explains a text."""

    entry: KnownBreakage
    score: float
    """Above 0, and 1 where the text is a symptom word for word."""
    symptom: str
    """The symptom that is most like it; empty where only the explanation speaks of it."""


class Index:
    """The words of a catalogue."""

    def __init__(self, entries: Iterable[KnownBreakage]) -> None:
        self._entries: Sequence[KnownBreakage] = tuple(entries)
        self._symptoms = {
            entry.id: [(symptom, words(symptom)) for symptom in entry.pattern.symptoms] for entry in self._entries
        }
        having: Counter[str] = Counter()
        for known in self._symptoms.values():
            having.update({word for _, said in known for word in said})
        self._having: Mapping[str, int] = having

    def search(self, text: str) -> tuple[Match, ...]:
        """The breakages that explain a text, the most likely first."""
        asked = words(text)
        if not asked:
            return ()
        found = (self._match(entry, asked) for entry in self._entries)
        matches = [match for match in found if match is not None]
        return tuple(sorted(matches, key=lambda match: (-match.score, -match.entry.pattern.severity, match.entry.id)))

    def scores(self, text: str) -> Mapping[PatternId, float]:
        """The same as a number for each breakage that explains the text."""
        return {match.entry.id: match.score for match in self.search(text)}

    def _match(self, entry: KnownBreakage, asked: Sequence[str]) -> Match | None:
        named = words(" ".join((entry.id, *entry.pattern.also)))
        if set(asked) <= {*named, entry.id, *entry.pattern.also}:
            return Match(entry, 1.0, "")
        scored = [(self._alike(said, asked), symptom) for symptom, said in self._symptoms[entry.id]]
        best, symptom = max(scored, default=(0.0, ""), key=lambda one: one[0])
        if best >= _TELLING:
            return Match(entry, best, symptom)
        if set(asked) <= self._prose[entry.id]:
            return Match(entry, _MENTIONED, "")
        return None

    def _alike(self, symptom: Sequence[str], asked: Sequence[str]) -> float:
        """How much of the one is in the other: 1 where they are the same, nearly 1 where a text has all of it."""
        if f" {' '.join(symptom)} " in f" {' '.join(asked)} ":
            # Of several symptoms in one line, the longer one tells more of it.
            return _WHOLE + (1 - _WHOLE) * self._weight(set(symptom)) / self._weight(set(asked))
        said, read = set(symptom) - _PLAIN, [word for word in asked if word not in _PLAIN]
        common = said & set(read)
        # An error's own name, or a few words: one word of plain English proves nothing.
        named = any("_" in word and self._is_telling(word) for word in common)
        if not named and len(common) < (2 if any(map(self._is_telling, common)) else 3):
            return 0.0
        known = [word for word in read if word in self._having]
        of_symptom = self._weight(common) / self._weight(said)
        of_text = self._weight(common) / self._weight(set(known)) if len(known) * 2 >= len(asked) else 0.0
        return 0.9 * max(of_symptom, of_text)

    def _is_telling(self, word: str) -> bool:
        return self._having[word] * 6 <= max(len(self._entries), 6)

    def _weight(self, some: Iterable[str]) -> float:
        return sum(math.log(1 + len(self._entries) / self._having.get(word, len(self._entries))) for word in some)

    @cached_property
    def _prose(self) -> Mapping[PatternId, frozenset[str]]:
        """Every word of the explanations."""
        return {
            entry.id: frozenset(words(" ".join((entry.title, *(text for _, text in entry.sections)))))
            for entry in self._entries
        }


def words(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared: in lower case, without the numbers that differ from line to line."""
    return tuple(word for word in _WORD.findall(text.lower()) if not word.isdigit() and not _is_code(word))


def _is_code(word: str) -> bool:
    """Whether it is the number of an error or an address: hexadecimal digits with a figure among them."""
    return len(word) >= 6 and re.fullmatch(r"[0-9a-f]+", word) is not None and any(c.isdigit() for c in word)
