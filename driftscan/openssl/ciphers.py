"""What OpenSSL makes of a cipher string (`ssl_ciphers`, `ssl_conf_command CipherString`) and of a security level.

The language is that of openssl-ciphers(1), as SSL_CTX_set_cipher_list reads it (ssl_cipher_process_rulestr in
ssl/ssl_ciph.c, OpenSSL 1.1.0 to 3.x; compared with the `openssl ciphers` of 3.0). A name that the library does not know
is skipped; the call fails when nothing is left, or when a word has a character that no word has. TLS 1.3 suites are
neither chosen nor removed.

Older OpenSSL, LibreSSL and BoringSSL speak the same language about other suites. What is the same in all of them is
certain here too: the string is read with every suite that the library may have, and the answer is certain when none of
those that it may lack is in it, and when it does not depend on the order that the library starts with.

Security levels: ssl_security_default_callback in ssl/ssl_cert.c and SSL_CTX_set_security_level(3); key sizes and
digests were tried with `nginx -t` on OpenSSL 3.0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from driftscan.history.versions import Library
from driftscan.openssl.cipher_words import Pattern, Vocabulary, vocabulary
from driftscan.openssl.suites import Suite


@dataclass(frozen=True, slots=True)
class Selection:
    """What a cipher string leaves for TLS 1.2 and older."""

    suites: tuple[Suite, ...]
    """In order of preference; where the answer is not `certain`, all that the library may have."""
    security_level: int | None
    """What `@SECLEVEL=n` sets, if it is there."""
    accepted: bool
    """Whether SSL_CTX_set_cipher_list succeeds; if not, nginx says `SSL_CTX_set_cipher_list("...") failed`."""
    certain: bool
    """Whether it is exactly these suites in this order, if builders not known for others keep OpenSSL's defaults."""
    accepted_certain: bool
    """Whether at least `accepted` is certain: for that, one suite is enough that every build has."""


_DEFAULT = "ALL:!COMPLEMENTOFDEFAULT:!eNULL"
_DEFAULT_ELSEWHERE = "ALL:!aNULL:!eNULL"
_SUITE_B = {
    "SUITEB128ONLY": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "SUITEB128C2": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "SUITEB128": "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
    "SUITEB192": "ECDHE-ECDSA-AES256-GCM-SHA384",
}
_POLICY = "PROFILE=SYSTEM"
_SEPARATORS = " :;,"


@lru_cache(maxsize=1024)
def select(text: str, library: Library, built_by: str | None = None) -> Selection:
    """Read a cipher string as a library does.

    `built_by` is the family of the distribution that built it (`debian`, `ubuntu`, `rhel`, `alpine`), if known.
    """
    if _POLICY in text and built_by in {"rhel", None}:
        # A patch of Red Hat's reads the policy of the host; without the patch it is a name that nothing has.
        policy = select("DEFAULT", library, "rhel").suites if built_by == "rhel" else ()
        return Selection(policy, None, bool(policy), certain=False, accepted_certain=built_by == "rhel")
    words = vocabulary(library, built_by)
    reading = _read(text, words, words.order, library)
    strange = reading.doubt or _has_own_words(text, library)
    if not reading.valid:
        return Selection((), None, accepted=False, certain=not strange, accepted_certain=not strange)
    suites = reading.chosen
    if not suites and library.number == (1, 1, 1) and library.letter in {"", "a", "b"}:
        # The first releases with TLS 1.3 counted its suites too, and took anything; `1.1.1` may stand for a later one.
        first = library.letter == "a" or (library.letter == "" and built_by == "ubuntu")
        return Selection((), reading.level, first, certain=False, accepted_certain=False)
    certain = not strange and not reading.vague and words.sure.issuperset(suite.name for suite in suites)
    if not words.current:
        certain = certain and suites == _read(text, words, reversed(words.order), library).chosen
    sure = any(suite.name in words.sure - reading.vague for suite in suites) and not reading.doubt
    level = reading.level if suites else None
    return Selection(suites, level, bool(suites), certain, sure or (not suites and certain))


def _has_own_words(text: str, library: Library) -> bool:
    """Whether a string has what only one library reads: GOST of an engine, LibreSSL's TLS 1.3, BoringSSL's groups."""
    own = {"OpenSSL": ("GOST",), "LibreSSL": ("GOST", "AEAD-", "TLS_", "TLSv1.3"), "BoringSSL": ("[",)}
    return any(word in text for word in own[library.family])


@dataclass(slots=True)
class _Reading:
    """The list of suites while a string is read: some of it chosen, in an order that every command may change."""

    words: Vocabulary
    order: list[Suite]
    active: set[str] = field(default_factory=set)
    vague: set[str] = field(default_factory=set)
    """What a keyword of uncertain meaning touched, so that it may be chosen or not."""
    gone: list[Suite] = field(default_factory=list)
    """What such a keyword removed for good, perhaps, before it was chosen."""
    level: int | None = None
    doubt: bool = False
    """Whether the library may or may not understand it at all."""
    valid: bool = True

    @property
    def chosen(self) -> tuple[Suite, ...]:
        return tuple(suite for suite in self.order if suite.name in self.active)

    def apply(self, operation: str, pattern: Pattern, keywords: Sequence[str]) -> None:
        """Add (no sign), remove (`-`), remove for good (`!`) or move to the end (`+`) what a pattern matches."""
        self._doubt(operation, pattern, keywords)
        hit = [suite for suite in self.order if pattern.matches(suite)]
        if operation != "!":
            hit = [suite for suite in hit if (suite.name in self.active) != (operation == "")]
        names = {suite.name for suite in hit}
        others = [suite for suite in self.order if suite.name not in names]
        match operation:
            case "!":
                self.order = others
                self.active -= names
                # What is surely gone is no longer in doubt.
                self.vague -= {suite.name for suite in hit if not self._is_vague(keywords, suite)}
            case "-":
                self.order = hit + others
                self.active -= names
            case _:
                self.order = others + hit
                self.active |= names

    def _doubt(self, operation: str, pattern: Pattern, keywords: Sequence[str]) -> None:
        """Remember what a keyword of uncertain meaning may have touched."""
        if not self.words.vague:
            return
        if not operation:
            self.vague |= {suite.name for suite in self.gone if pattern.matches(suite)}
        widest = replace(pattern, grades=None, left_out=False, version=None)
        for suite in self.order:
            if widest.matches(suite) and self._is_vague(keywords, suite):
                if (suite.name in self.active) != (operation == ""):
                    self.vague.add(suite.name)
                elif operation == "!":
                    self.gone.append(suite)

    def _is_vague(self, keywords: Sequence[str], suite: Suite) -> bool:
        return any(self.words.is_vague(word, suite) for word in keywords)

    def special(self, word: str, library: Library) -> bool:
        """`@STRENGTH` and `@SECLEVEL=n`; false when there is no such thing."""
        if word == "STRENGTH":
            idle = [suite for suite in self.order if suite.name not in self.active]
            self.order = idle + sorted(self.chosen, key=lambda suite: -suite.bits)
            return True
        self.doubt = self.doubt or library.family == "LibreSSL"
        if len(word) != 10 or not word.startswith("SECLEVEL=") or word[-1] not in "012345":
            return False
        self.level = int(word[-1])
        return library.is_openssl_since("1.1.0") or library.family == "LibreSSL"

    def read(self, text: str, library: Library) -> bool:
        """Apply a string; false when it is refused as a whole, whatever it chose before."""
        at, good = 0, True
        while at < len(text):
            operation = text[at] if text[at] in "-+!@" else ""
            at += len(operation)
            if not operation and text[at] in _SEPARATORS:
                at += 1
                continue
            pattern: Pattern | None = Pattern()
            keywords: list[str] = []
            more = True
            while more and pattern is not None:
                found = self.words.word.match(text, at)
                word = found[0] if found else ""
                if not word:
                    return False
                at += len(word)
                keywords.append(word)
                more = operation != "@" and text[at : at + 1] == "+"
                at += more
                meant = self.words.look_up(word)
                pattern = None if meant is None else pattern.narrowed(meant)
            if operation == "@":
                good = self.special(keywords[0], library) and good
            elif pattern is not None:
                self.apply(operation, pattern, keywords)
                continue
            while at < len(text) and text[at] not in _SEPARATORS:
                at += 1
        return good


def _read(text: str, words: Vocabulary, order: Iterable[Suite], library: Library) -> _Reading:
    reading = _Reading(words, list(order))
    for prefix, suites in _SUITE_B.items():
        if text.startswith(prefix) and library.is_openssl_since("1.0.2"):
            text = suites
            break
    if text.startswith("DEFAULT"):
        reading.read(_DEFAULT if words.current else _DEFAULT_ELSEWHERE, library)
        text = text.removeprefix("DEFAULT").removeprefix(":")
    reading.valid = reading.read(text, library)
    return reading
