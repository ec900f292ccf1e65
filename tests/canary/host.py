"""An /etc that is full of secrets, in the places where people put them, and three commits that move them about."""

from pathlib import Path

from tests.canary.canaries import Canaries
from tests.certificates import certificate
from tests.etc import Content, EtcHistory, Link

ROUNDS = ("first", "second", "third")
"""Each commit has other secrets in the same places, so that each is once added and once removed."""


def files(secret: Canaries, at: str, pem: str) -> dict[str, Content]:
    """The tree of one round."""

    def s(what: str) -> str:
        return secret(f"{what} {at}")

    def key(what: str, kind: str = "") -> str:
        return secret.key(f"{what} {at}", kind)

    tickets = "off" if at == "second" else "on"
    return {
        ".etckeeper": "maybe chmod 0600 'nginx/ssl/shop.key'\n",
        "hostname": "canary\n",
        "nginx/nginx.conf": f"""\
user www-data;
env DB_PASSWORD={s("env")};
events {{}}
http {{
    # password: {s("comment password")}
    ssl_password_file /etc/nginx/ssl/passwords; # passphrase is {s("comment passphrase")}
    map $http_x_key $allowed {{ default 0; "{s("map key")}" 1; }}
    map $remote_user $backend_token {{
        default "{s("map token")}";
        mina {s("map token of a user")};
    }}
    map $host $api_key {{
        hostnames;
        default {s("map api key")};
    }}
    upstream backend {{ server 10.0.0.{len(at)}:8443; }}
    include conf.d/*.conf;
    include sites-enabled/*;
{"    include snippets/key.pem;" if at == "third" else ""}
}}
""",
        "nginx/conf.d/headers.conf": f"""\
proxy_set_header Authorization "Basic {secret.base64(f"basic {at}")}";
proxy_set_header Authorization "Bearer {s("bearer")}";
proxy_set_header X-Api-Key {s("x api key")};
proxy_set_header X-Auth {s("x auth")};
proxy_set_header Cookie "session={s("cookie")}";
proxy_set_header X-Forwarded-Secret '{s("header secret")}';
add_header X-Auth-Token {s("auth token")};
add_header Set-Cookie "sid={s("set cookie")}; Secure";
grpc_set_header authorization "{s("grpc")}";
fastcgi_param DB_PASSWORD '{s("fastcgi")}';
fastcgi_param HTTP_PROXY_AUTHORIZATION {s("fastcgi proxy")};
uwsgi_param SECRET_KEY {s("uwsgi")};
proxy_ssl_password_file /etc/nginx/ssl/passwords;
ssl_session_tickets {tickets};
ssl_protocols TLSv1.2 TLSv1.3; # api token: {s("comment token")}
# set $token {s("commented directive")};
""",
        "nginx/sites-enabled/000-default": f"""\
server {{
    listen 443 ssl default_server;
    server_name _;
    ssl_certificate /etc/nginx/ssl/combined.pem;
    ssl_certificate_key /etc/nginx/ssl/combined.pem;
    ssl_session_ticket_key /etc/nginx/ssl/ticket.key;
    ssl_session_tickets on; # old password {s("comment beside tls")}
}}
""",
        "nginx/sites-enabled/shop": f"""\
server {{
    listen 443 ssl;
    server_name shop.example;
    ssl_certificate /etc/nginx/ssl/shop.pem;
    ssl_certificate_key "engine:pkcs11:pkcs11:token=hsm;object=shop;pin-value={s("engine pin")}";
    ssl_session_tickets {tickets};
    set $token {s("set token")};
    set $x "{s("set anything")}";
    set $backend_password '{s("set password")}';
    auth_basic_user_file /etc/nginx/htpasswd;
    secure_link_secret {s("secure link secret")};
    secure_link_md5 "$secure_link_expires$uri {s("secure link md5")}";
    location / {{
        proxy_pass https://user:{s("proxy pass")}@backend/;
        proxy_ssl_verify {tickets};
        if ($http_x_secret != "{s("if secret")}") {{ return 403; }}
        if ($arg_token = {s("if argument")}) {{ return 204; }}
        return 301 https://user:{s("return url")}@$host$request_uri?token={s("return query")};
    }}
    location /lua {{
        access_by_lua_block {{
            local password = "{s("lua password")}"
            ngx.req.set_header("Authorization", "Bearer {s("lua header")}")
            local key = '{s("lua key")}'
        }}
        content_by_lua 'local t = "{s("lua word")}"';
        auth_request /auth?key={s("auth request")};
        rewrite ^/x$ /y?password={s("rewrite")} break;
        error_log syslog:server=10.0.0.1,tag=a;
        return 301 https://$host/;
    }}
}}
""",
        "nginx/sites-enabled/variables": f"""\
server {{
    listen 443 ssl;
    server_name inline.example;
    ssl_certificate /etc/nginx/ssl/shop.pem;
    ssl_certificate_key data:$inline_key;
    set $inline_key "{key("inline key")}";
    ssl_session_tickets {tickets};
}}
server {{
    listen 443 ssl;
    server_name store.example;
    ssl_certificate /etc/nginx/ssl/shop.pem;
    ssl_certificate_key "store:pkcs11:token=hsm;object=shop?pin-value={s("store pin")}";
    ssl_conf_command Options PrioritizeChaCha;
}}
server {{
    listen 443 ssl;
    server_name passphrase.example;
    ssl_certificate /etc/nginx/ssl/shop.pem;
    ssl_certificate_key "engine:pkcs11:pkcs11:token=hsm;pin-source=/etc/hsm/pin;object={at}";
}}
""",
        "nginx/sites-enabled/typo": f"server {{ set $token {s('broken file')}; listen 443 ssl\n"
        if at == "third"
        else "",
        "nginx/snippets/key.pem": key("included key"),
        "nginx/htpasswd": f"mina:{s('htpasswd')}\n",
        "nginx/ssl/passwords": f"{s('ssl password file')}\n",
        "nginx/ssl/ticket.key": f"{s('ticket key')}".ljust(80, "x")[:80],
        "nginx/ssl/shop.key": key("pkcs8 key"),
        "nginx/ssl/old.key": key("pkcs1 key", "RSA"),
        "nginx/ssl/ec.key": key("ec key", "EC"),
        "nginx/ssl/encrypted.key": key("encrypted key", "ENCRYPTED"),
        "nginx/ssl/combined.pem": pem + key("combined key"),
        "nginx/ssl/shop.pem": pem,
        "letsencrypt/archive/shop.example/privkey1.pem": key("certbot key"),
        "letsencrypt/live/shop.example/privkey.pem": Link("../../archive/shop.example/privkey1.pem"),
        "letsencrypt/accounts/a/directory/b/private_key.json": f'{{"kty": "RSA", "d": "{s("account key")}"}}\n',
        "letsencrypt/cli.ini": f"eab-kid = {s('eab kid')}\neab-hmac-key = {s('eab hmac')}\n",
        "letsencrypt/cloudflare.ini": f"dns_cloudflare_api_token = {s('cloudflare')}\n",
        "letsencrypt/renewal/shop.example.conf": f"""\
version = 2.1.{len(at)}
cert = /etc/letsencrypt/live/shop.example/cert.pem
[renewalparams]
account = 0123456789abcdef
authenticator = dns-cloudflare
dns_cloudflare_credentials = /etc/letsencrypt/cloudflare.ini
dns_token = {s("renewal token")}
pre_hook = curl --password={s("pre hook")} https://user:{s("hook url")}@x.example/
server = https://user:{s("acme server")}@acme.example/directory
""",
        "shadow": f"root:{s('shadow')}:19000:0:99999:7:::\n",
        "ssh/ssh_host_ed25519_key": key("ssh host key", "OPENSSH"),
        "mysql/.my.cnf": f"[client]\npassword={s('my cnf')}\n",
        "wireguard/wg0.conf": f"[Interface]\nPrivateKey = {s('wireguard')}=\n",
        "driftscan/suppressions.toml": f"# {s('suppressions')}\n",
        "etckeeper/etckeeper.conf": f'PUSH_REMOTE="https://git:{s("push remote")}@git.example/etc"\n',
    }


def message(secret: Canaries, at: str) -> str:
    """What etckeeper commits after a package run, with all that was typed into its command line."""

    def s(what: str) -> str:
        return secret(f"message {what} {at}")

    command = (
        f"env TOKEN={s('env')} DB_PASSWORD='{s('quoted env')}' apt-get -o Acquire::http::Proxy::Password={s('apt')} "
        f"install nginx --password={s('option')} --api-key {s('separate')} -p{s('short')} -u admin:{s('user')} "
        f"https://user:{s('url')}@mirror.example/ --header 'Authorization: Bearer {s('header')}'"
    )
    version = "1.10.3-0ubuntu0.16.04.3" if at == "first" else "1.10.3-0ubuntu0.16.04.4"
    lines = f"+nginx {version} all\n+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64\n"
    return f'committing changes in /etc made by "{command}"\n\nPackage changes:\n{lines}'


def build(path: Path, secret: Canaries) -> EtcHistory:
    """The history and its work tree, with secrets in git's own settings too."""
    etc = EtcHistory(path)
    pem = certificate("names: shop.example, inline.example; from: 2025-12-01; until: 2026-12-01")
    for day, at in enumerate(ROUNDS, 1):
        etc.commit(files(secret, at, pem), message(secret, at), f"2026-01-{day:02}T06:25:00+01:00")
    etc.checkout()
    etc.git("config", "remote.origin.url", f"https://user:{secret('git remote')}@git.example/etc")
    etc.git("config", "http.extraHeader", f"Authorization: Bearer {secret('git header')}")
    return etc
