"""A made-up history of an /etc with many sites, the same for the same numbers.

Of its commits about 80 % have nothing to do with nginx, 5 % are certbot renewals, 10 % change nginx files without any
effect on TLS, and 5 % change what a client meets.
"""

import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_SECOND = 1_546_300_800
"""2019-01-01 in UTC."""
OTHER_FILES = 500
FOLDERS = ("default", "init.d", "logrotate.d", "pam.d", "php/conf.d", "postfix", "security", "systemd/system", "xdg")
CERTBOT = "letsencrypt/options-ssl-nginx.conf"
SNIPPET = "nginx/snippets/tls.conf"
CIPHERS = ("HIGH:!aNULL", "ECDHE+AESGCM:ECDHE+CHACHA20", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384")
PROTOCOLS = ("TLSv1.2", "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.1 TLSv1.2")

APT = "committing changes in /etc after apt run\n\nPackage changes:\n"
INSTALLED = APT + "+libssl1.1 1.1.1n-0+deb11u5 amd64\n+nginx 1.18.0-6 all"
UPGRADED = APT + "-vim 2:8.2-1 amd64\n+vim 2:8.2-2 amd64"

NGINX_CONF = """\
user www-data;
worker_processes auto;
events {{ worker_connections {connections}; }}
http {{
    include mime.types;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:TLS:10m;
    ssl_session_tickets {tickets};
    gzip on;
    include conf.d/*.conf;
    include sites-enabled/*;
}}
"""

SITE = """\
# {name}, edition {edition}
upstream {ident} {{
    server 127.0.0.1:{port};
    keepalive 8;
}}

server {{
    listen 80;
    server_name {name} www.{name};
    return 301 https://{name}$request_uri;
}}

server {{
    listen 443 ssl http2{default};
    server_name {name} www.{name};
    root /srv/{name};
    access_log /var/log/nginx/{name}.log;

    ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;
{tls}
    location / {{
        proxy_pass http://{ident};
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-Proto $scheme;
    }}
    location ~ \\.(css|js|png)$ {{
        expires 7d;
    }}
    location = /health {{
        return 200 "edition {edition}";
    }}
}}
"""


@dataclass(slots=True)
class Site:
    """A virtual host and the settings of its own, if it has any."""

    name: str
    port: int
    include: str | None
    protocols: str = PROTOCOLS[1]
    ciphers: str = CIPHERS[0]
    edition: int = 0
    default: bool = False

    def text(self) -> str:
        """Its file."""
        if self.include is None:
            tls = f"    ssl_protocols {self.protocols};\n    ssl_ciphers {self.ciphers};\n"
        else:
            tls = f"    include /etc/{self.include};\n"
        return SITE.format(
            name=self.name,
            ident=self.name.replace(".", "_"),
            port=self.port,
            edition=self.edition,
            default=" default_server" if self.default else "",
            tls=tls,
        )


@dataclass(slots=True)
class Host:
    """An /etc that things happen to. Every method is one commit's worth: the paths it writes."""

    vhosts: int
    dice: random.Random
    connections: int = 512
    tickets: bool = True
    options: list[str] = field(default_factory=lambda: [PROTOCOLS[1], CIPHERS[0]])
    snippet: list[str] = field(default_factory=lambda: [PROTOCOLS[1], CIPHERS[1]])
    sites: list[Site] = field(default_factory=list)
    renewals: dict[str, int] = field(default_factory=dict)

    def below(self, limit: int) -> int:
        """A number; made of random() alone, which every Python computes alike."""
        return int(self.dice.random() * limit)

    def begin(self) -> Iterator[tuple[str, str]]:
        """Everything there is at first."""
        for number in range(OTHER_FILES):
            yield f"{FOLDERS[number % len(FOLDERS)]}/file-{number}.conf", self._filler()
        for number in range(self.vhosts):
            include = (CERTBOT, SNIPPET, None)[number % 3]
            site = Site(f"site-{number:03}.example", 8000 + number, include, default=number == 0)
            self.sites.append(site)
            yield f"nginx/sites-available/{site.name}", site.text()
            yield f"nginx/sites-enabled/{site.name}", f"-> ../sites-available/{site.name}"
            yield from self._renew(site)
        yield "nginx/mime.types", "types {\n    text/html html;\n    text/css css;\n}\n"
        yield "nginx/conf.d/limits.conf", "limit_req_zone $binary_remote_addr zone=all:10m rate=20r/s;\n"
        yield from self._shared()

    def unrelated(self) -> Iterator[tuple[str, str]]:
        """Something else in /etc."""
        yield "passwd", self._filler()
        for _ in range(self.below(4)):
            number = self.below(OTHER_FILES)
            yield f"{FOLDERS[number % len(FOLDERS)]}/file-{number}.conf", self._filler()

    def renewed(self) -> Iterator[tuple[str, str]]:
        """certbot gets a new certificate."""
        yield from self._renew(self._site())

    def harmless(self) -> Iterator[tuple[str, str]]:
        """nginx's files change, and no client can tell."""
        if self.below(5):
            site = self._site()
            site.edition += 1
            site.port = 8000 + self.below(1000)
            yield f"nginx/sites-available/{site.name}", site.text()
        else:
            self.connections += 1
            yield from self._shared()

    def effective(self) -> Iterator[tuple[str, str]]:
        """What a client meets changes: of one site, or of all that share a file."""
        match self.below(4):
            case 0:
                self.tickets = not self.tickets
                yield from self._shared()
            case 1:
                self._turn(self.options)
                yield from self._shared()
            case 2:
                self._turn(self.snippet)
                yield from self._shared()
            case _:
                site = self._site()
                site.include = None
                settings = [site.protocols, site.ciphers]
                self._turn(settings)
                site.protocols, site.ciphers = settings
                yield f"nginx/sites-available/{site.name}", site.text()

    def _site(self) -> Site:
        return self.sites[self.below(len(self.sites))]

    def _turn(self, settings: list[str]) -> None:
        which, choices = ((0, PROTOCOLS), (1, CIPHERS))[self.below(2)]
        settings[which] = choices[(choices.index(settings[which]) + 1) % len(choices)]

    def _shared(self) -> Iterator[tuple[str, str]]:
        tickets = "on" if self.tickets else "off"
        yield "nginx/nginx.conf", NGINX_CONF.format(connections=self.connections, tickets=tickets)
        for path, (protocols, ciphers) in ((CERTBOT, self.options), (SNIPPET, self.snippet)):
            yield path, f"ssl_protocols {protocols};\nssl_ciphers {ciphers};\n"

    def _renew(self, site: Site) -> Iterator[tuple[str, str]]:
        number = self.renewals[site.name] = self.renewals.get(site.name, 0) + 1
        for part in ("cert", "chain", "fullchain", "privkey"):
            file = f"archive/{site.name}/{part}{number}.pem"
            yield f"letsencrypt/{file}", "".join(f"{self.below(10**12):012}\n" for _ in range(60))
            yield f"letsencrypt/live/{site.name}/{part}.pem", f"-> ../../{file}"
        yield f"letsencrypt/renewal/{site.name}.conf", f"version = 1.{number}.0\n\n[renewalparams]\ninstaller = nginx\n"

    def _filler(self) -> str:
        return "".join(f"setting_{line} = {self.below(10**6)}\n" for line in range(10 + self.below(40)))


def build(directory: Path, commits: int, vhosts: int, seed: int = 1) -> None:
    """Write the history into a new repository, packed as git packs one over time."""
    host = Host(vhosts, random.Random(seed))  # noqa: S311 - the same numbers every time are the point
    git = ("git", f"--git-dir={directory / '.git'}")
    run(("git", "init", "--quiet", "--template=", "--initial-branch=master", str(directory)))
    run((*git, "fast-import", "--quiet", "--done"), b"".join(_stream(host, commits)))
    run((*git, "repack", "-a", "-d", "-q"))


def run(command: Sequence[str], stream: bytes = b"") -> None:
    """A git command that must succeed."""
    subprocess.run(command, input=stream, check=True)  # noqa: S603 - arguments of our own


def _stream(host: Host, commits: int) -> Iterator[bytes]:
    yield from _commit(0, INSTALLED, host.begin())
    for number in range(1, commits):
        deed, message = _deed(host)
        yield from _commit(number, message, deed())
    yield b"done\n"


def _deed(host: Host) -> tuple[Callable[[], Iterator[tuple[str, str]]], str]:
    chance = host.dice.random()
    if chance < 0.05:
        return host.effective, "tls: other settings"
    if chance < 0.15:
        return host.harmless, "nginx: another edition"
    if chance < 0.20:
        return host.renewed, "daily autocommit"
    if chance < 0.40:
        return host.unrelated, UPGRADED
    return host.unrelated, "daily autocommit"


def _commit(number: int, message: str, files: Iterator[tuple[str, str]]) -> Iterator[bytes]:
    moment = FIRST_SECOND + number * 12 * 3600
    yield f"commit refs/heads/master\ncommitter root <root@host.example> {moment} +0100\n".encode()
    yield _data(message + "\n")
    for path, text in files:
        mode = "120000" if text.startswith("-> ") else "100644"
        yield f"M {mode} inline {path}\n".encode() + _data(text.removeprefix("-> "))


def _data(text: str) -> bytes:
    return f"data {len(text.encode())}\n{text}\n".encode()
