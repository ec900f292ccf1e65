"""The configuration files of the demo's host: small, made up, and accepted by nginx.

Nothing here is key material: a placeholder stands where each key would be.
"""

from typing import Final

HOSTNAME = "web1.example"
DEFAULT_SITE = "nginx/sites-available/000-default-https"
OPTIONS = "letsencrypt/options-ssl-nginx.conf"

NGINX_CONF = """\
user www-data;
worker_processes auto;
pid /run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    error_log /var/log/nginx/error.log;

    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    ssl_prefer_server_ciphers on;

    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}
"""

MIME_TYPES = """\
types {
    text/html html;
    text/css css;
    image/png png;
    application/javascript js;
}
"""

OPENSSL_CNF = """\
HOME = .
oid_section = host_oids

[ host_oids ]

[ req ]
default_bits = 2048
distinguished_name = req_distinguished_name

[ req_distinguished_name ]
commonName = Name of the host
"""


def crontab(daily: str) -> str:
    """The system's crontab with its daily jobs at `MINUTE HOUR`, which is when etckeeper's autocommit runs."""
    return f"""\
SHELL=/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin

17 * * * * root run-parts /etc/cron.hourly
{daily} * * * root run-parts /etc/cron.daily
"""


def authorities(*names: str) -> str:
    """The list of trusted certificate authorities."""
    return "# One certificate authority in each line; `!` takes it away.\n" + "".join(
        f"mozilla/{name}.crt\n" for name in names
    )


def default_site(*settings: str) -> str:
    """The server that answers on 443 when no other is meant, and with which every handshake begins."""
    lines = "".join(f"    {setting}\n" for setting in settings)
    return f"""\
# Whoever asks for a name that we do not have gets no answer.
server {{
    listen 443 ssl default_server;
    server_name _;

    ssl_certificate /etc/ssl/certs/{HOSTNAME}.pem;
    ssl_certificate_key /etc/ssl/private/{HOSTNAME}.key;
{lines}
    return 444;
}}
"""


def plain_site(name: str) -> str:
    """A site before it has a certificate."""
    return f"""\
server {{
    listen 80;
    server_name {name} www.{name};
    root /var/www/{name};
}}
"""


def secure_site(name: str, *settings: str) -> str:
    """The same site after certbot has been there."""
    lines = "".join(f"    {setting}\n" for setting in settings)
    return f"""\
server {{
    listen 443 ssl; # managed by Certbot
    server_name {name} www.{name};
    root /var/www/{name};
{lines}
    ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem; # managed by Certbot
    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem; # managed by Certbot
    include /etc/letsencrypt/options-ssl-nginx.conf; # managed by Certbot
}}

server {{
    listen 80;
    server_name {name} www.{name};
    return 301 https://$host$request_uri; # managed by Certbot
}}
"""


def options(*session: str) -> str:
    """What all of certbot's sites include; a newer certbot writes it anew."""
    lines = "\n".join(session)
    return f"""\
# TLS settings shared by all sites that certbot looks after.
# A newer certbot replaces this file when it renews, unless it was edited.

{lines}

ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
ssl_prefer_server_ciphers on;
ssl_ciphers "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA:!DSS";
"""


_CERTIFICATE: Final = """\
-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIEATQVLzAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAx3ZWIx
LmV4YW1wbGUwHhcNMTkwNTAxMDAwMDAwWhcNMzkwNTAxMDAwMDAwWjAXMRUwEwYD
VQQDDAx3ZWIxLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARGcrd+
jLGfG4rI8sWyGse07FFHbOl5Mtu79SbmG6CURHlBTCiEC32ituT44Lfp+QnmzKdl
C7FbEiX/NwJMTR9Io4GJMIGGMGUGA1UdEQReMFyCDHdlYjEuZXhhbXBsZYIMc2hv
cC5leGFtcGxlghB3d3cuc2hvcC5leGFtcGxlggxibG9nLmV4YW1wbGWCEHd3dy5i
bG9nLmV4YW1wbGWCDG1haWwuZXhhbXBsZTAdBgNVHQ4EFgQUHLLXdkXbrUZXYatf
9OlFicLPc60wCgYIKoZIzj0EAwIDSAAwRQIhANm70KionAuGFMhuvjSqNiySJgFQ
Ed/gIVybmhK63X8PAiA2I8EmoFrx4Zbg+yzikGsirNcJGmLU48YyVV/Gg26XCQ==
-----END CERTIFICATE-----
"""
"""A certificate for every host of the demo. It signs itself, and its key was thrown away when it was made."""


def certificate(subject: str) -> str:
    """A file with a certificate that nginx can load, told apart from others by its first line."""
    return f"{subject}\n{_CERTIFICATE}"


def private_key(subject: str) -> str:
    """What stands in place of a private key."""
    return f"A private key would be here: {subject}. This is a demo, and there is none.\n"


def renewal(name: str, certbot: str, authenticator: str) -> str:
    """What certbot remembers of a certificate, beginning with its own version."""
    live = f"/etc/letsencrypt/live/{name}"
    return f"""\
version = {certbot}
archive_dir = /etc/letsencrypt/archive/{name}
cert = {live}/cert.pem
privkey = {live}/privkey.pem
chain = {live}/chain.pem
fullchain = {live}/fullchain.pem

[renewalparams]
authenticator = {authenticator}
"""
