"""The nginx of this machine given a recorded scenario: what it says of the files, and what a client of it meets.

Clients are openssl(1)'s s_client, as they were when the scenarios were recorded.
"""

import functools
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.etc import ENVIRONMENT
from tests.oracle.pki import FOLDER as PKI
from tests.oracle.scenarios import MAIN, Loaded, Met, Outcome, Visit, message
from tests.oracle.server import PATH, PATIENCE

FIRST_PORT = 18400
PORTS = 3
"""How many ports the scenarios use, beginning with the first."""
ALERTS = {
    "40": "handshake_failure",
    "70": "protocol_version",
    "80": "internal_error",
    "112": "unrecognized_name",
    "120": "no_application_protocol",
}
_OPENSSL_TAIL = re.compile(r" \(SSL: .*\)$")
_OUR_OWN = (
    " access_log off; client_body_temp_path t/1; proxy_temp_path t/2; fastcgi_temp_path t/3; uwsgi_temp_path t/4;"
    " scgi_temp_path t/5;"
)
"""What keeps an http block inside its directory; the scenarios leave it out."""


def normal(text: str, tree: Path) -> str:
    """A message as the scenarios write it."""
    text = text.replace(f"{tree}/{PKI}", "{pki}").replace(f"in {tree}/", "in ").replace(str(tree), "{dir}")
    return _OPENSSL_TAIL.sub("", text)


@functools.cache
def _told() -> str:
    environment = {**ENVIRONMENT, "PATH": PATH}
    return subprocess.run(["nginx", "-V"], env=environment, capture_output=True, text=True, check=True).stderr


def module(name: str) -> Path | None:
    """The file of a module that this nginx must be told to load; `None` when it is built in.

    Raises:
        FileNotFoundError: it was built without, or the package with that module is not installed.
    """
    if f"--with-{name} " in _told():
        return None
    folder = re.search(r"--modules-path=(\S+)", _told())
    file = Path(folder[1] if folder else "modules") / f"ngx_{name}_module.so"
    if f"--with-{name}=dynamic" not in _told() or not file.exists():
        raise FileNotFoundError(file)
    return file


@dataclass(frozen=True)
class Live:
    """A scenario written below a directory."""

    tree: Path
    modules: tuple[str, ...] = ()
    """What is loaded though no file seems to need it."""

    def prepare(self) -> None:
        """Keep every http block from writing outside of the directory; no line moves."""
        (self.tree / "t").mkdir()
        for file in self._texts():
            text = file.read_bytes()
            ours = re.sub(rb"(?m)^http\s*\{|(?<=[};]) ?http\s*\{", lambda found: found[0] + _OUR_OWN.encode(), text)
            if ours != text:
                file.write_bytes(ours)

    def _texts(self) -> Iterator[Path]:
        """The files of the configuration."""
        for file in self.tree.rglob("*"):
            if file.is_file() and not file.is_symlink() and PKI not in file.parts:
                yield file

    def move(self) -> int:
        """Let it listen on ports that nothing else has; by how far they are moved."""
        first = _free_ports()
        for file in self._texts():
            text = file.read_bytes()
            moved = re.sub(rb"\b1840[0-2]\b", lambda port: b"%d" % (int(port[0]) - FIRST_PORT + first), text)
            file.write_bytes(moved)
        return first - FIRST_PORT

    def command(self) -> list[str]:
        """How nginx is started with it: in the foreground, and in one process."""
        text = b" ".join(file.read_bytes() for file in self._texts())
        wanted = [
            module(name)
            for name in ("stream", "mail")
            if name in self.modules or re.search(rf"\b{name}\b".encode(), text)
        ]
        own = "".join(f"load_module {file};" for file in wanted if file is not None)
        options = f"{own} pid nginx.pid; daemon off; master_process off;"
        return ["nginx", "-p", str(self.tree), "-c", MAIN, "-e", "error.log", "-g", options]

    def check(self) -> Loaded:
        """What `nginx -t` says of it."""
        done = subprocess.run(
            [*self.command(), "-t"],
            env={**ENVIRONMENT, "PATH": PATH},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            start_new_session=True,  # so that no terminal is asked for the password of a key
        )
        told = done.stderr.decode("utf-8", "surrogateescape").removesuffix("\n")
        # Words that nginx repeats may hold line ends.
        said = re.split(r"(?m)^nginx: ", told)
        found = [message(normal(text.removesuffix("\n"), self.tree)) for text in said if text.startswith("[")]
        return Loaded(done.returncode == 0, tuple(found))

    @contextmanager
    def running(self, *addresses: tuple[str, int]) -> Iterator[None]:
        """With nginx answering on these addresses."""
        environment = {**ENVIRONMENT, "PATH": PATH}
        with subprocess.Popen(self.command(), env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                for address in addresses:
                    self._wait(process, address)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()

    def _wait(self, process: "subprocess.Popen[bytes]", address: tuple[str, int]) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(address, timeout=PATIENCE).close()
            except OSError:
                assert time.monotonic() < deadline, "nginx does not answer"
                try:
                    # Wakes early when nginx has died.
                    process.wait(0.01)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError((self.tree / "error.log").read_text()) from None
            else:
                return

    def ask(self, visit: Visit, moved: int) -> Met:
        """What a client meets, with every fact that could be recorded of it."""
        address = (visit.host.strip("[]"), visit.port + moved)
        name = visit.words.get("host") or visit.sni or "nobody.invalid"
        request = f"GET {visit.words.get('path', '/')} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
        if visit.plain:
            return _plain(address, request)
        command = ["openssl", "s_client", "-connect", f"{visit.host}:{address[1]}", "-ign_eof"]
        done = subprocess.run(
            [*command, *_arguments(visit, self.tree / PKI)],
            env={**ENVIRONMENT, "OPENSSL_CONF": os.devnull},
            input=request,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        return _met(done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def _plain(address: tuple[str, int], request: bytes) -> Met:
    received = b""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(request)
        while more := connection.recv(65536):
            received += more
    text = received.decode()
    if text.startswith("HTTP/1.1 400"):
        return Met(Outcome.NEEDS_TLS, {})
    return Met(Outcome.PLAIN, _facts(answers=_search(r"(?m)^name=(\w+)", text)))


_OPTIONS = {"ciphers": "-cipher", "suites": "-ciphersuites"}


def _arguments(visit: Visit, pki: Path) -> Iterator[str]:
    yield from ("-noservername",) if visit.sni is None else ("-servername", visit.sni)
    for word in ("ciphers", "suites", "alpn", "groups"):
        if word in visit.words:
            yield from (_OPTIONS.get(word, f"-{word}"), visit.words[word])
    if "protocol" in visit.words:
        yield "-" + visit.words["protocol"].replace("TLSv", "tls").replace(".", "_")
    if visit.words.get("tickets") == "no":
        yield "-no_ticket"
    if "certificate" in visit.words:
        own = pki / visit.words["certificate"]
        yield from ("-cert", f"{own}.crt", "-key", f"{own}.key")


def _met(out: str, err: str) -> Met:
    agreed = re.search(r"(?:New|Reused), (\S+), Cipher is (\S+)", out)
    if agreed is None or agreed[1] == "(NONE)":
        if "Connection refused" in err:
            return Met(Outcome.CLOSED, {})
        if "wrong version number" in err:
            return Met(Outcome.PLAIN, {})
        number = _search(r"SSL alert number (\d+)", err)
        return Met(Outcome.REFUSED, _facts(alert=ALERTS.get(number, number) if number else None))
    asked = re.search(r"(?m)^(?:Acceptable client certificate CA names|Requested Signature Algorithms)", out)
    facts = {
        "certificate": _search(r"(?m)^subject=.*CN = (.*)$", out),
        "cipher": agreed[2],
        "protocol": _search(r"(?m)^\s+Protocol\s+: (\S+)", out) or agreed[1],
        "alpn": _search(r"(?m)^ALPN protocol: (.*)$", out) or "none",
        "client-certificate": "not-asked" if asked is None else "asked",
        "ticket": "issued" if "TLS session ticket:" in out else "none",
        # What is sent has no line end, and s_client writes its own last word right after it.
        "answers": _search(r"(?m)^name=(\w+?)(?:closed)?(?!\w)", out),
    }
    return Met(Outcome.COMPLETES, _facts(**facts))


def _search(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return None if found is None else found[1]


def _facts(**facts: str | None) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value is not None}


def _free_ports() -> int:
    """The first of three ports in a row that nothing listens on; each process begins its search elsewhere."""
    first = 20000 + os.getpid() % 4000 * PORTS
    while not all(_is_free(first + more) for more in range(PORTS)):
        first += PORTS
    return first


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True
