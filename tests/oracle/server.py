"""A real nginx on this machine, and what it answers: what our model is measured by."""

import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from driftscan.drift.state import State, build_state
from driftscan.history.directory import Directory
from driftscan.history.platform import Platform
from driftscan.nginx.includes import Layout, Sources, resolve
from tests.etc import ENVIRONMENT, Link
from tests.nginx.trees import platform

PATH = f"{ENVIRONMENT['PATH']}:/usr/sbin:/sbin"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
MAIN = """\
worker_processes 1;
daemon off;
master_process off;
pid nginx.pid;
error_log error.log info;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path t/1;
  proxy_temp_path t/2;
  fastcgi_temp_path t/3;
  uwsgi_temp_path t/4;
  scgi_temp_path t/5;
"""
"""What every configuration begins with: nothing outside its directory is touched."""
PATIENCE = 10.0
"""Seconds until a server that does not answer counts as broken."""


@dataclass(frozen=True)
class Certificates:
    """Self-signed certificates, `NAME.crt` with `NAME.key`, whose common name is NAME."""

    directory: Path
    names: Mapping[bytes, str] = field(repr=False)

    @classmethod
    def make(cls, directory: Path, *names: str) -> "Certificates":
        request = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]
        made = {}
        for name in names:
            certificate = directory / f"{name}.crt"
            curve = ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}"]
            files = ["-keyout", str(directory / f"{name}.key"), "-out", str(certificate)]
            subprocess.run([*request, *curve, *files], check=True, capture_output=True)
            made[ssl.PEM_cert_to_DER_cert(certificate.read_text())] = name
        return cls(directory, made)

    def lines(self, name: str) -> str:
        """The directives that use a certificate."""
        return f"ssl_certificate {self.directory}/{name}.crt; ssl_certificate_key {self.directory}/{name}.key;"


@dataclass(frozen=True)
class Answer:
    """What a client got; `None` where there was nothing."""

    certificate: str | None = None
    protocol: str | None = None
    body: str | None = None
    hsts: str | None = None
    alpn: str | None = None
    ticket: bool | None = None
    reused: bool | None = None


REFUSED = Answer()


@dataclass
class Host:
    """A directory with a configuration: `{1}` and `{2}` in its files are two ports of this machine."""

    directory: Path
    ports: tuple[int, int]
    certificates: Certificates

    def write(self, http: str, files: Mapping[str, str | Link]) -> None:
        """Write the http block and everything else that it includes."""
        (self.directory / "t").mkdir()
        for path, content in {"nginx.conf": f"{MAIN}{http}\n}}\n", **files}.items():
            place = self.directory / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Link):
                place.symlink_to(os.fsdecode(content.target))
            else:
                text = content.replace("{1}", str(self.ports[0])).replace("{2}", str(self.ports[1]))
                place.write_text(text.replace("{dir}", str(self.directory)))

    def check(self) -> str | None:
        """What `nginx -t` objects to."""
        done = subprocess.run([*self._command(), "-t"], env=_environment(), capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr

    def _command(self) -> list[str]:
        return ["nginx", "-p", str(self.directory), "-c", "nginx.conf", "-e", "error.log"]

    @contextmanager
    def running(self) -> Iterator[None]:
        """With nginx answering on every socket that our model knows of."""
        with subprocess.Popen(self._command(), env=_environment(), stderr=subprocess.PIPE) as process:
            try:
                self._wait(process)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + PATIENCE
        for found in self.state().sockets:
            while True:
                try:
                    connection = self._connect(str(found.address).replace("0.0.0.0", "127.0.0.1"))  # noqa: S104 - data
                except OSError:
                    assert time.monotonic() < deadline, "nginx does not answer"
                    # Wakes early when nginx has died.
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(0.01)
                        raise AssertionError((self.directory / "error.log").read_text()) from None
                else:
                    connection.close()
                    break

    def state(self) -> State:
        """What our model makes of the same directory."""
        layout = Layout(str(self.directory), ("nginx.conf",))
        config = resolve(Directory.open(self.directory), Sources(), layout)
        return build_state(config, installed())

    def _connect(self, address: str) -> socket.socket:
        if address.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(PATIENCE)
            try:
                connection.connect(address.removeprefix("unix:"))
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE)

    def plain(self, address: str, name: str) -> Answer:
        """The answer to a request without TLS."""
        with self._connect(address) as connection:
            return _read(connection, name, Answer())

    def ask(self, address: str, name: str | None, version: ssl.TLSVersion) -> Answer:
        """The answer to one client that speaks one version of TLS."""
        return self.client(version).ask(address, name)

    def client(self, version: ssl.TLSVersion) -> "Client":
        """A client that remembers its last session."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2", "http/1.1"])
        return Client(self, context)


@dataclass
class Client:
    host: Host
    context: ssl.SSLContext
    session: ssl.SSLSession | None = None

    def ask(self, address: str, name: str | None, path: str = "/") -> Answer:
        """Connect, resuming the last session when there is one, and ask for a page by the same name."""
        connection = self.host._connect(address)
        try:
            tls = self.context.wrap_socket(connection, server_hostname=name, session=self.session)
        except (ssl.SSLError, ConnectionResetError):
            connection.close()
            return REFUSED
        with tls:
            certificate = self.host.certificates.names[tls.getpeercert(binary_form=True) or b""]
            alpn = tls.selected_alpn_protocol()
            answer = Answer(certificate, tls.version(), alpn=alpn, reused=tls.session_reused)
            if alpn != "h2":
                answer = _read(tls, name or "nobody.invalid", answer, path)
            self.session = tls.session
            ticket = self.session is not None and self.session.has_ticket
        return Answer(answer.certificate, answer.protocol, answer.body, answer.hsts, alpn, ticket, answer.reused)


def _read(connection: socket.socket, name: str, answer: Answer, path: str = "/") -> Answer:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    data = b""
    while received := connection.recv(65536):
        data += received
    head, _, body = data.decode().partition("\r\n\r\n")
    hsts = re.search(r"(?im)^strict-transport-security: (.*?)\r?$", head)
    return Answer(
        answer.certificate, answer.protocol, body.strip(), hsts[1] if hsts else None, answer.alpn, reused=answer.reused
    )


def _environment() -> dict[str, str]:
    return {**ENVIRONMENT, "PATH": PATH}


def installed() -> Platform:
    """The nginx of this machine and the library that it runs with."""
    told = subprocess.run(["nginx", "-V"], env=_environment(), capture_output=True, text=True, check=True).stderr
    nginx = re.search(r"nginx/([\d.]+)", told)
    library = re.search(r"running with (\w+ [\w.]+)", told) or re.search(r"built with (\w+ [\w.]+)", told)
    assert nginx is not None, told
    return platform(nginx[1], library[1] if library else None)


def free_ports() -> tuple[int, int]:
    """Two ports that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


@contextmanager
def host(certificates: Certificates) -> Iterator[Host]:
    """An empty directory for a configuration; its name is short, as that of a unix socket must be."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as directory:
        yield Host(Path(directory), free_ports(), certificates)
