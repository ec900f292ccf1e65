"""What OpenSSL makes of the names of curves and groups (`ssl_ecdh_curve`, `ssl_conf_command Groups`).

nginx (ngx_ssl_ecdh_curve): before 1.11.0 one curve, by OBJ_sn2nid and EC_KEY_new_by_curve_name; from 1.11.0 on a list
for SSL_CTX_set1_curves_list where the library has that (OpenSSL 1.0.2), and `auto` alone for the library's own list.

The library (tls1_set_groups_list in ssl/t1_lib.c, SSL_CTX_set1_groups_list(3)): one name that it does not know makes
the call fail, and until 3.2 so does a group named twice. `?` before a name makes it optional from 3.3 on; from 3.5 on
there are tuples (`/`), `*` and `-`, `DEFAULT`, and case does not matter. Names of 3.0 were tried with `nginx -t`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from driftscan.history.versions import Library, NginxVersion

_LISTS_SINCE = NginxVersion.parse("1.11.0")
_SPACE = " \t\n\v\f\r"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CURVES = _names("""
    sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1
    sect409r1 sect571k1 sect571r1 secp160k1 secp160r1 secp160r2 secp192k1 prime192v1 secp224k1 secp224r1 secp256k1
    prime256v1 secp384r1 secp521r1 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1
""")
"""The curves that TLS has numbers for (RFC 4492, RFC 7027)."""
_COMMON = _names("prime256v1 secp384r1 secp521r1")
"""Those that no distribution leaves out."""
_NIST = {
    **{f"K-{bits}": f"sect{bits}k1" for bits in (163, 233, 283, 409, 571)},
    **{f"B-{bits}": f"sect{bits}r{2 if bits == 163 else 1}" for bits in (163, 233, 283, 409, 571)},
    **{f"P-{bits}": f"secp{bits}r1" for bits in (224, 384, 521)},
    "P-192": "prime192v1",
    "P-256": "prime256v1",
}
"""NIST's names, and OpenSSL's own."""
_SECG = {"secp192r1": "prime192v1", "secp256r1": "prime256v1"}
"""Names that only TLS has for these curves, so OpenSSL knows them from 3.0 on."""
_FFDHE = _names("ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192")
_TLS13_BRAINPOOL = _names("brainpoolP256r1tls13 brainpoolP384r1tls13 brainpoolP512r1tls13")
_POST_QUANTUM = _names("MLKEM512 MLKEM768 MLKEM1024 X25519MLKEM768 SecP256r1MLKEM768 SecP384r1MLKEM1024")
_SINCE = {
    "X25519": "1.1.0",
    "X448": "1.1.1",
    **dict.fromkeys(_FFDHE, "3.0"),
    **dict.fromkeys(_TLS13_BRAINPOOL, "3.2"),
    **dict.fromkeys(_POST_QUANTUM, "3.5"),
}
_SPELLINGS = {name.lower(): name for name in (*_CURVES, *_NIST, *_SECG, *_SINCE)}
"""Every name that some library knows, by its lower case."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Whether nginx starts with an `ssl_ecdh_curve`."""

    accepted: bool | None
    """`None` when it depends on how the library was built, or nobody knows."""
    message: str | None
    """What nginx says if it is refused, before ` (SSL: ...)`; `None` where it is accepted."""


def curves(text: str, library: Library, nginx: NginxVersion, built_by: str | None = None) -> Curves:
    """Read the argument of `ssl_ecdh_curve` as an nginx with this library does.

    `built_by` is the family of the distribution that built it (`debian`, `ubuntu`, `rhel`, `alpine`), if known.
    """
    if nginx >= _LISTS_SINCE and text == "auto":
        return Curves(accepted=True, message=None)
    if nginx >= _LISTS_SINCE and _takes_lists(library):
        accepted, message = group_list(text, library, built_by), f'SSL_CTX_set1_curves_list("{text}") failed'
    else:
        accepted, created = _single(text, library, built_by)
        old = nginx < _LISTS_SINCE
        if created:
            message = f'Unable to create curve "{text}"' if old else f'EC_KEY_new_by_curve_name("{text}") failed'
        else:
            message = f'Unknown curve name "{text}"' if old else f'OBJ_sn2nid("{text}") failed: unknown curve'
    return Curves(accepted, None if accepted else message)


def _takes_lists(library: Library) -> bool:
    since = {"OpenSSL": (1, 0, 2), "LibreSSL": (2, 5, 1)}
    return library.number >= since.get(library.family, (0, 0, 0))


def _single(name: str, library: Library, built_by: str | None) -> tuple[bool | None, bool]:
    """Whether one name is taken, and whether it is at least the name of something."""
    if name in _COMMON:
        return True, True
    if name in _CURVES and ("brainpool" not in name or library.is_openssl_since("1.0.2")):
        return _optional(built_by), True
    # These have names as objects of OpenSSL, but are no curves of the kind that is asked for.
    object_since = {**dict.fromkeys(("X25519", "X448"), "1.1.0"), **dict.fromkeys(_FFDHE, "1.1.1")}
    return False, name in object_since and library.is_openssl_since(object_since[name])


def _optional(built_by: str | None) -> bool | None:
    """Curves that Red Hat and others leave out: Debian and Ubuntu have them all."""
    return True if built_by in {"debian", "ubuntu"} else None


def group_list(text: str, library: Library, built_by: str | None = None) -> bool | None:
    """Whether SSL_CTX_set1_groups_list takes a text; `None` when it cannot be told."""
    if library.is_openssl_since("3.5"):
        return _enriched_list(text, library, built_by)
    verdicts: list[bool | None] = []
    seen: set[str] = set()
    for element in text.split(":"):
        name = element.strip(_SPACE)
        optional = library.is_openssl_since("3.3") and name.startswith("?")
        group, known = _group(name.removeprefix("?") if optional else name, library, built_by)
        if optional and known is not True:
            # A list of nothing but unknown names is another matter.
            verdicts.append(None if not seen else True)
            continue
        if group in seen:
            settled = library.family == "OpenSSL" and not library.is_openssl_since("3.3")
            verdicts.append(False if settled else None)
        seen.add(group)
        verdicts.append(known)
    return _all(verdicts)


_PREFIXED = re.compile(r"(?P<signs>[?*-]*)(?P<name>.*)", re.DOTALL)
_DEFAULT_SHARES = _names("X25519MLKEM768 X25519")
_DEFAULT_OTHERS = _names("prime256v1 X448 secp384r1 secp521r1 ffdhe2048 ffdhe3072")
_KEY_SHARES = 4
"""How many `*` OpenSSL 3.5 takes at most."""


def _enriched_list(text: str, library: Library, built_by: str | None) -> bool | None:
    """The language of OpenSSL 3.5: tuples of names with signs; a group named twice counts once."""
    if not text.strip():
        return None
    verdicts: list[bool | None] = []
    chosen: set[str] = set()
    shares: set[str] = set()
    for element in re.split(r"[:/]", text):
        parts = _PREFIXED.fullmatch(element.strip(_SPACE))
        signs, name = (parts["signs"], parts["name"]) if parts else ("", "")
        if not name or len(signs) != len(set(signs)):
            return False
        if name.upper().startswith("DEFAULT"):
            verdicts.append(not {"?", "-"} & set(signs) if name.upper() == "DEFAULT" else None)
            shares |= _DEFAULT_SHARES - chosen
            chosen |= _DEFAULT_SHARES | _DEFAULT_OTHERS
            continue
        group, known = _group(name, library, built_by)
        verdicts.append(True if "?" in signs else known)
        if "-" in signs:
            chosen.discard(group)
            shares.discard(group)
        elif known and group not in chosen:
            chosen.add(group)
            shares |= {group} if "*" in signs else set()
    verdicts.append(len(shares) <= _KEY_SHARES)
    return _all(verdicts if chosen else [*verdicts, None])


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found = set(verdicts)
    return False if False in found else None if None in found else True


def _group(name: str, library: Library, built_by: str | None) -> tuple[str, bool | None]:
    """One name under which a group counts once, and whether the library knows it."""
    if library.family != "OpenSSL":
        return _group_elsewhere(name, library)
    if library.is_openssl_since("3.5") or (library.is_openssl_since("3.0") and name in {"x25519", "x448"}):
        name = _SPELLINGS.get(name.lower(), name)
    curve = _NIST.get(name, name)
    if library.is_openssl_since("3.0"):
        curve = _SECG.get(curve, curve)
    if curve in _CURVES:
        # Until 1.1.1 the number is enough; a curve that is not built in fails in handshakes only.
        built = curve in _COMMON or not library.is_openssl_since("3.0")
        return curve, True if built else _optional(built_by)
    if curve in _SINCE:
        known = library.is_openssl_since(_SINCE[curve])
        return curve, _optional(built_by) if known and curve in _TLS13_BRAINPOOL else known
    # Providers bring names of their own: GOST, drafts of post-quantum groups; 4.0 has some for SM2.
    foreign = re.match(r"(?i)GC\d|.*kyber|.*frodo", name) is not None or library.is_openssl_since("4.0")
    return curve, None if library.is_openssl_since("3.0") and foreign else False


def _group_elsewhere(name: str, library: Library) -> tuple[str, bool | None]:
    curve = _NIST.get(name, name)
    old = library.family == "LibreSSL" and library.number < (2, 6, 0)
    if curve in _COMMON or (curve == "X25519" and not old):
        return curve, True
    return curve, None if name.lower() in _SPELLINGS or "kyber" in name.lower() or "mlkem" in name.lower() else False
