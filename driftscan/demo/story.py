"""The founding incident, commit by commit.

One night certbot renewed two certificates and, being a newer certbot than before, replaced the TLS settings that its
sites share: `ssl_session_tickets off;` was new. The default server of the same socket kept its tickets, and with
OpenSSL 1.0.2g browsers could connect to neither site. The morning after, the default server got the same setting, and
the cache with it that sessions need where there are no tickets.

The host and everything else that happens to it are made up. Its clock is that of Japan, where the incident was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from driftscan.demo import files


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link and its target as written."""

    target: str


Content: TypeAlias = str | Link
"""What a path holds after a commit; nothing is ever deleted."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who typed `sudo etckeeper commit`, or root, whose jobs run at night. The committer is root either way."""

    name: str

    @property
    def email(self) -> str:
        """As etckeeper makes one up."""
        return f"{self.name}@{files.HOSTNAME}"


ROOT: Final = Person("root")
MINA: Final = Person("mina")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One commit: what it changes, on top of those before."""

    when: str
    author: Person
    message: str
    changes: Mapping[str, Content]


SITES: Final = ("shop.example", "blog.example")
MAIL: Final = "mail.example"
CHANGED_AT: Final = "2019-07-13T03:17:02+09:00"
MENDED_AT: Final = "2019-07-13T10:48:30+09:00"

_CACHE = "ssl_session_cache shared:le_nginx_SSL:10m;"
_NO_TICKETS = "ssl_session_tickets off;"
_BEFORE = ("ssl_session_cache shared:le_nginx_SSL:1m;", "ssl_session_timeout 1440m;")
_AFTER = (_CACHE, "ssl_session_timeout 1440m;", _NO_TICKETS)
_UPLOADS = "client_max_body_size 20m;"


def _lineage(name: str, number: int, certbot: str, authenticator: str = "nginx") -> dict[str, Content]:
    """A certificate as certbot keeps it: numbered files, links to the newest of them, and how to renew it."""
    changes: dict[str, Content] = {
        f"letsencrypt/renewal/{name}.conf": files.renewal(name, certbot, authenticator),
        f"letsencrypt/archive/{name}/privkey{number}.pem": files.private_key(f"{name}, number {number}"),
        f"letsencrypt/live/{name}/privkey.pem": Link(f"../../archive/{name}/privkey{number}.pem"),
    }
    for part in ("cert", "chain", "fullchain"):
        file = f"archive/{name}/{part}{number}.pem"
        changes[f"letsencrypt/{file}"] = files.certificate(f"{name}, {part} number {number}")
        changes[f"letsencrypt/live/{name}/{part}.pem"] = Link(f"../../{file}")
    return changes


def _apt(*packages: str) -> str:
    """etckeeper's message after a package run, as it was before 2018."""
    return "committing changes in /etc after apt run\n\nPackage changes:\n" + "".join(
        f"{package}\n" for package in packages
    )


STORY: Final = (
    Chapter(
        "2019-05-10T10:02:11+09:00",
        ROOT,
        "Initial commit\n",
        {
            "hostname": f"{files.HOSTNAME}\n",
            "crontab": files.crontab("25 6"),
            "ca-certificates.conf": files.authorities("AddTrust_External_Root", "DST_Root_CA_X3"),
            "ssl/openssl.cnf": files.OPENSSL_CNF,
            f"ssl/certs/{files.HOSTNAME}.pem": files.certificate(files.HOSTNAME),
            f"ssl/private/{files.HOSTNAME}.key": files.private_key(files.HOSTNAME),
            **_lineage(MAIL, 1, "0.33.1", "standalone"),
        },
    ),
    Chapter(
        "2019-05-10T10:15:40+09:00",
        MINA,
        "saving uncommitted changes in /etc prior to apt run\n",
        {"crontab": files.crontab("17 3")},
    ),
    Chapter(
        "2019-05-10T10:16:22+09:00",
        MINA,
        _apt(
            "+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64",
            "+nginx 1.10.3-0ubuntu0.16.04.3 all",
            "+nginx-common 1.10.3-0ubuntu0.16.04.3 all",
            "+nginx-core 1.10.3-0ubuntu0.16.04.3 amd64",
        ),
        {"nginx/nginx.conf": files.NGINX_CONF, "nginx/mime.types": files.MIME_TYPES},
    ),
    Chapter(
        "2019-05-10T11:40:05+09:00",
        MINA,
        "nginx: the shop, the blog, and no answer for anybody else\n",
        {
            files.DEFAULT_SITE: files.default_site(),
            "nginx/sites-enabled/000-default-https": Link(f"/etc/{files.DEFAULT_SITE}"),
            **{f"nginx/sites-available/{site}": files.plain_site(site) for site in SITES},
            **{f"nginx/sites-enabled/{site}": Link(f"../sites-available/{site}") for site in SITES},
        },
    ),
    Chapter(
        "2019-05-14T03:17:02+09:00",
        ROOT,
        "daily autocommit\n",
        {
            files.OPTIONS: files.options(*_BEFORE),
            **_lineage(SITES[0], 1, "0.34.2"),
            **_lineage(SITES[1], 1, "0.34.2"),
            **{f"nginx/sites-available/{site}": files.secure_site(site) for site in SITES},
        },
    ),
    Chapter(
        "2019-06-11T09:31:47+09:00",
        MINA,
        _apt("-ca-certificates 20170717~16.04.1 all", "+ca-certificates 20170717~16.04.2 all"),
        {"ca-certificates.conf": files.authorities("AddTrust_External_Root", "DST_Root_CA_X3", "ISRG_Root_X1")},
    ),
    Chapter(
        "2019-06-19T03:17:01+09:00",
        ROOT,
        "daily autocommit\n",
        _lineage(MAIL, 2, "0.35.1", "standalone"),
    ),
    Chapter(
        "2019-07-12T18:20:33+09:00",
        MINA,
        "shop: allow larger pictures\n",
        {f"nginx/sites-available/{SITES[0]}": files.secure_site(SITES[0], _UPLOADS)},
    ),
    Chapter(
        CHANGED_AT,
        ROOT,
        "daily autocommit\n",
        {
            files.OPTIONS: files.options(*_AFTER),
            **_lineage(SITES[0], 2, "0.36.0"),
            **_lineage(SITES[1], 2, "0.36.0"),
        },
    ),
    Chapter(
        MENDED_AT,
        MINA,
        "nginx: no session tickets in the default server either\n"
        "\n"
        "ERR_SSL_PROTOCOL_ERROR on shop and blog since last night, when certbot renewed.\n",
        {files.DEFAULT_SITE: files.default_site(_NO_TICKETS, _CACHE)},
    ),
    Chapter(
        "2019-07-22T09:12:18+09:00",
        MINA,
        _apt("-ca-certificates 20170717~16.04.2 all", "+ca-certificates 20190110~16.04.1 all"),
        {"ca-certificates.conf": files.authorities("DST_Root_CA_X3", "ISRG_Root_X1")},
    ),
    Chapter(
        "2019-08-19T03:17:02+09:00",
        ROOT,
        "daily autocommit\n",
        _lineage(MAIL, 3, "0.37.1", "standalone"),
    ),
)
"""Oldest first."""
