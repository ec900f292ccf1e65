"""The certificates, keys and other files that the recorded configurations name, made anew with openssl(1).

Servers `a` to `d` and `w` are RSA-2048 (`c`, `d` and `w` share a key, for nobody tells their keys apart), `a-ec` and
`b-ec` ECDSA on P-256, `weak` RSA-1024. Authorities and clients have keys on P-256, which are made in no time. All of
it is a name in `{pki}` of a fixture; :func:`place` puts it below the directory of a configuration, as it would be on
a host.
"""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.etc import ENVIRONMENT

FOLDER = "pki"
"""What the directory is called inside the tree of a configuration."""
NAMES: Mapping[str, str] = {
    "a": "a.test",
    "b": "b.test",
    "c": "c.test",
    "d": "d.test",
    "w": "wild.test",
    "a-ec": "a.test",
    "b-ec": "b.test",
    "weak": "b.test",
}
"""The common names of the servers' certificates, which are their only other names as well."""
_KEYS = {"a": "rsa:2048", "b": "rsa:2048", "c": "rsa:2048", "weak": "rsa:1024"}
"""What is not on P-256."""
_SHARED = {"d": "c", "w": "c"}
_AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
_CLIENT = "extendedKeyUsage=clientAuth\n"
_ISSUED = (
    *((name, cn, "ca", f"subjectAltName=DNS:{cn}\n") for name, cn in NAMES.items()),
    ("client-1", "client one", "client-ca-1", _CLIENT),
    ("client-2", "client two", "client-ca-2", _CLIENT),
    ("client-intermediate", "clients in between", "client-ca-1", _AUTHORITY),
    ("client-3", "client three", "client-intermediate", _CLIENT),
)
"""File name, common name, issuer and extensions, the serial number by position; an issuer stands before its own."""
_REVOKED = "client-1"
_NAMED = frozenset({".crt", ".key", ".pem", ".crl", ".ocsp", ".password"})
PASSWORD = "known to everybody"
"""Of `b-encrypted.key`, and the content of `b.password`."""


def make(directory: Path) -> None:
    """Fill an empty directory."""
    roots = {"ca": "servers' authority", "client-ca-1": "first authority", "client-ca-2": "second authority"}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # The slow ones first: a prime number is a matter of luck.
        wanted = [name for name in (*_KEYS, *roots, *(name for name, *_ in _ISSUED)) if name not in _SHARED]
        list(pool.map(lambda name: _key(directory, name), dict.fromkeys(wanted)))
        for name, other in _SHARED.items():
            os.link(directory / f"{other}.key", directory / f"{name}.key")
        list(pool.map(lambda item: _root(directory, *item), roots.items()))
        waves = ("ca", "client-ca-1", "client-ca-2"), ("client-intermediate",)
        for issuers in waves:
            wave = [(number, one) for number, one in enumerate(_ISSUED, start=2) if one[2] in issuers]
            list(pool.map(lambda item: _issue(directory, *item), wave))
        jobs = (_parameters, _encrypted, _revocation_list, _staple)
        list(pool.map(lambda job: job(directory), jobs))
    for letter in "ab":
        own = letter.upper().encode() * 16
        (directory / f"ticket-{letter}.key").write_bytes(own + bytes(range(64)))
        (directory / f"ticket-{letter}-48.key").write_bytes(own + bytes(range(32)))
    (directory / "ticket-50.key").write_bytes(bytes(50))
    (directory / "empty.pem").touch()


def place(pki: Path, tree: Path) -> None:
    """Put what a configuration can name below `tree`, as files of its own, without copying a byte."""
    (tree / FOLDER).mkdir()
    for file in pki.iterdir():
        if file.suffix in _NAMED:
            os.link(file, tree / FOLDER / file.name)


@dataclass(frozen=True, slots=True)
class _Openssl:
    """openssl(1) in the directory that it fills."""

    directory: Path

    def __call__(self, command: str, *more: str, given: str = "") -> bytes:
        words: Sequence[str] = ("openssl", *command.split(), *more)
        environment = {**ENVIRONMENT, "OPENSSL_CONF": os.devnull}
        done = subprocess.run(
            words, cwd=self.directory, env=environment, input=given.encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr.decode(errors="replace"))
        return done.stdout


def _key(directory: Path, name: str) -> None:
    kind, _, bits = _KEYS.get(name, "ec").partition(":")
    options = f"rsa_keygen_bits:{bits}" if kind == "rsa" else "ec_paramgen_curve:P-256"
    _Openssl(directory)(f"genpkey -algorithm {kind} -pkeyopt {options} -out {name}.key")


def _settings(lines: Iterable[str] = ()) -> str:
    """What `openssl req` insists on reading."""
    return "\n".join(("[req]", "distinguished_name = dn", "[dn]", *lines))


def _root(directory: Path, name: str, common: str) -> None:
    _file(directory, f"{name}.cnf", _settings(("[x]", _AUTHORITY)))
    command = f"req -x509 -config {name}.cnf -extensions x -days 30 -key {name}.key -out {name}.crt -subj"
    _Openssl(directory)(command, f"/CN={common}")


def _issue(directory: Path, number: int, issued: tuple[str, str, str, str]) -> None:
    name, common, issuer, extensions = issued
    openssl = _Openssl(directory)
    _file(directory, f"{name}.cnf", _settings(("[x]", extensions)))
    request = openssl(f"req -new -config {name}.cnf -key {name}.key -subj", f"/CN={common}").decode()
    by = f"-CA {issuer}.crt -CAkey {issuer}.key -set_serial {number}"
    openssl(f"x509 -req {by} -days 30 -extfile {name}.cnf -extensions x -out {name}.crt", given=request)


def _parameters(directory: Path) -> None:
    for bits in (2048, 3072):
        _Openssl(directory)(f"genpkey -genparam -algorithm DH -pkeyopt dh_param:ffdhe{bits} -out dh-{bits}.pem")


def _encrypted(directory: Path) -> None:
    _file(directory, "b.password", f"{PASSWORD}\n")
    _Openssl(directory)("pkey -in b.key -aes256 -passout file:b.password -out b-encrypted.key")


def _revocation_list(directory: Path) -> None:
    database = ("[ca]", "default_ca = d", "[d]", "database = revoked", "crlnumber = number", "default_md = sha256")
    _file(directory, "revoked.cnf", "\n".join((*database, "default_crl_days = 30")))
    _file(directory, "number", "01\n")
    _file(directory, "revoked", "")
    openssl = _Openssl(directory)
    command = "ca -config revoked.cnf -cert client-ca-1.crt -keyfile client-ca-1.key"
    openssl(f"{command} -revoke {_REVOKED}.crt")
    openssl(f"{command} -gencrl -out client-ca-1.crl")


def _staple(directory: Path) -> None:
    serial = 2 + [name for name, *_ in _ISSUED].index("b")
    _file(directory, "valid", f"V\t491231235959Z\t\t{serial:02X}\tunknown\t/CN={NAMES['b']}\n")
    openssl = _Openssl(directory)
    openssl("ocsp -issuer ca.crt -cert b.crt -no_nonce -reqout b.request")
    answer = "ocsp -index valid -rsigner ca.crt -rkey ca.key -CA ca.crt -ndays 20"
    openssl(f"{answer} -reqin b.request -respout b.ocsp")


def _file(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text)
