import subprocess
from pathlib import Path

import pytest

from driftscan.demo.build import build
from driftscan.demo.files import HOSTNAME
from driftscan.demo.story import SITES
from tests.etc import ENVIRONMENT

pytestmark = pytest.mark.nginx


@pytest.fixture(scope="module")
def etc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's /etc, with certificates that nginx can load and with every path of the host below a directory."""
    host = tmp_path_factory.mktemp("host")
    build(host / "etc")
    for directory in ("var/log/nginx", "run"):
        (host / directory).mkdir(parents=True)
    for path in (host / "etc/nginx").rglob("*"):
        if path.is_symlink() and path.readlink().is_absolute():
            target = path.readlink()
            path.unlink()
            path.symlink_to(f"{host}{target}")
        elif path.is_file() and not path.is_symlink():
            path.write_text(_moved(path.read_text(), host))
    _certificates(host / "etc")
    return host / "etc"


def _moved(text: str, host: Path) -> str:
    for top in ("/etc/", "/run/", "/var/log/"):
        text = text.replace(f" {top}", f" {host}{top}")
    # Binding to these would need root, and another test may be doing the same.
    return text.replace("listen 443", "listen 127.0.0.1:18443").replace("listen 80", "listen 127.0.0.1:18080")


def _certificates(etc: Path) -> None:
    key, certificate = etc / "key.pem", etc / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=demo"]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    for site in SITES:
        for number in (1, 2):
            (etc / f"letsencrypt/archive/{site}/fullchain{number}.pem").write_bytes(certificate.read_bytes())
            (etc / f"letsencrypt/archive/{site}/privkey{number}.pem").write_bytes(key.read_bytes())
    (etc / f"ssl/certs/{HOSTNAME}.pem").write_bytes(certificate.read_bytes())
    (etc / f"ssl/private/{HOSTNAME}.key").write_bytes(key.read_bytes())


def test_nginx_loads_the_last_state(etc: Path) -> None:
    command = ["nginx", "-t", "-e", "stderr", "-p", str(etc / "nginx"), "-c", "nginx.conf"]
    path = {"PATH": f"{ENVIRONMENT['PATH']}:/usr/sbin"}
    done = subprocess.run(command, env=ENVIRONMENT | path, capture_output=True, text=True, check=False)
    assert done.stderr.endswith("test is successful\n"), done.stderr
    assert done.returncode == 0
