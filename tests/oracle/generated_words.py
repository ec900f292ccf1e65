"""The words of generated configurations: for each directive some values that nginx takes, and some that it does not.

Whether nginx takes one depends on what stands around it, so "good" only says that configurations of nothing else are
mostly loadable. `{pki}` and `{dir}` are as in :mod:`tests.oracle.scenarios`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

PORTS: Final = ("18400", "18401", "18402")
ADDRESSES: Final = (
    *("18400", "127.0.0.1:18400", "*:18400", "[::]:18400", "[::1]:18400", "127.0.0.2:18400", "0.0.0.0:18400"),
    *("unix:{dir}/s", "127.0.0.1:18401", "18401", "localhost:18402", "18401-18402", "127.0.0.1:18400-18401"),
    *("[::]:18401-18402", "127.0.0.01:018400", "[0::1]:18401", "UNIX:{dir}/s"),
)
BAD_ADDRESSES: Final = (
    *("0", "70000", "65536", "-1", "*", "*:", ":18400", "[::1", "[::g]:18400", "[::1]18400"),
    *("unix:", "nosuch.invalid:18400", "18402-18400", "127.0.0.1:18400/x", "127.0.0.1:x", "18400x.invalid", "[]:1"),
    *("127.0.0.1:", "127.0.0.1:0", "127.0.0.1:18400 b", '""', "[::]", "127.0.0.1:18400-", "1-70000", "[::1%lo]:18400"),
    *("http://127.0.0.1", "/s", "[::1]:", "[::1]:0", "127.0.0.1:-1", "+18400", "unix.invalid"),
)
PARAMETERS: Final = (
    *("", "ssl", "ssl http2", "default_server", "ssl default_server", "http2", "ssl proxy_protocol", "reuseport"),
    *("backlog=511", "ssl bind", "ipv6only=on", "so_keepalive=on", "so_keepalive=30m::10", "rcvbuf=8k", "sndbuf=8k"),
    *("deferred", "fastopen=3", "default", "ssl ssl", "so_keepalive=::5", "so_keepalive=off", "ipv6only=off"),
)
BAD_PARAMETERS: Final = (
    *("sssl", "quic", "ssl=on", "backlog=0", "backlog=x", "backlog=-1", "http2=on", "rcvbuf=x", "ipv6only=x", "SSL"),
    *("so_keepalive=", "so_keepalive=x", "so_keepalive=::", "fastopen=-1", "ssl http3", "default_server=1", "udp"),
    *("so_keepalive=1:2", "ipv6only=onn", "sndbuf=", "backlog=", "setfib=1", "spdy", "multipath"),
    *("reuseport=1", "ipv6only", "deferred=1", "backlog", "fastopen", "so_keepalive", "so_keepalive=30x::10", "bind=1"),
)
NAMES: Final = (
    *("a.test", "b.test", "A.Test", "c.b.test", "*.test", ".test", "www.*", "~^b", "~^(?<n>.+)\\.test$", '""', "_"),
    *("localhost", "*.b.test", "www.b.*", "a.test www.a.test", ".b.test", "~^[a-c]\\.", '"d.test"', "a.test b.test"),
    *("~C", "'~^x{2}'", "*.TEST", "b.test a.test b.test", "[::1]", "127.0.0.1"),
)
BAD_NAMES: Final = (
    *("*a.test", "*", ".", "~", "www.*.test", "a..test", "http://a.test", "*.*.test", "*.", "**", "a*"),
    *(
        "a.test/",
        "..test",
        "*..test",
        "~*a",
        "a.*.",
        "a-name-that-is-too-long-for-a-bucket-of-the-table.test",
        "www.*.",
        ".*",
        "*.www.*",
    ),
)

ABSENT: Final = "{dir}/absent.pem"
Values = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
TLS: Final[Values] = {
    "ssl_protocols": (
        ("TLSv1.2", "TLSv1.2 TLSv1.3", "TLSv1.3", "TLSv1 TLSv1.1 TLSv1.2", "tlsv1.2 TLSV1.3", "SSLv3 TLSv1.2", "SSLv2"),
        ("TLSv1.4", "TLS1.2", "all", "TLSv1.2,TLSv1.3", "TLSv1.2 TLSv1.2", "", "TLSv1.2 TLSv1.5", "-TLSv1"),
    ),
    "ssl_ciphers": (
        (
            *("HIGH:!aNULL:!MD5", "ECDHE+AESGCM", "DEFAULT", "'DEFAULT:@SECLEVEL=1'", "DEFAULT@SECLEVEL=0", "ALL"),
            *("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA", "kRSA", "HIGH:NOPE", "aECDSA"),
            *("DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", '"ECDHE+CHACHA20 ECDHE+AES"', "HIGH:"),
        ),
        (
            *("TLS_AES_128_GCM_SHA256", "NOPE", "ecdhe-rsa-aes128-gcm-sha256", "!ALL", '""', "@STRENGTH", "HIGH ALL"),
            *("HIGH:@SECLEVEL=9", "-ALL", "PROFILE=SYSTEM", "HIGH!", "HIGH:!HIGH", "", "HIGH:\\!aNULL", "RC4", "@NOPE"),
        ),
    ),
    "ssl_ecdh_curve": (
        ("auto", "prime256v1", "X25519:prime256v1", "secp384r1", "P-256:P-384", "X448", "ffdhe2048:X25519"),
        ("nope", "X25519MLKEM768", "auto:X25519", "X25519:X25519", "x25519", "secp256k1", "", "X25519 X448", '""'),
    ),
    "ssl_prefer_server_ciphers": (("on", "off", "ON"), ("yes", "", "on off", "1")),
    "ssl_dhparam": (("{pki}/dh-2048.pem", "pki/dh-3072.pem", '""'), (ABSENT, "", "{pki}/empty.pem", "{dir}", "{pki}")),
    "ssl_session_cache": (
        (
            *("none", "off", "builtin", "shared:one:1m", "builtin shared:one:1m", "shared:one:1024k", "builtin:1000"),
            *("shared:two:2M", "shared:three:32k", "off shared:one:1m", "shared:one:1m shared:two:2m", "none builtin"),
        ),
        (
            *("shared:one:2m", "on", "shared:one", "shared:one:10mb", "shared:one:1k", "shared::1m", "shared:lim:1m"),
            *("builtin:x", "builtin:", "shared:", "shared:one:", "OFF", "", "none off builtin", "shared:one:1m:2"),
            *("shared:a:b:1m", "shared:one:-1", "shared:four:1g", "builtin:-1", "shared:ocsp:1m", "shared:c:1m"),
        ),
    ),
    "ssl_session_timeout": (
        ("5m", "1d", "10", "1h30m", "'1h 30m'", "0", "1M"),
        ("5x", "500ms", "1m1h", '""', "", "1.5h", "-1", "5 m", "99999999999999999999"),
    ),
    "ssl_session_tickets": (("on", "off", "OFF"), ("yes", "", "on on")),
    "ssl_session_ticket_key": (
        ("{pki}/ticket-a.key", "pki/ticket-b-48.key"),
        ("{pki}/ticket-50.key", ABSENT, "{pki}/empty.pem", "{dir}", ""),
    ),
    "ssl_buffer_size": (("4k", "1400", "16K"), ("4kb", "", "k", "1g", "-1", "4k 8k", "9223372036854775807k")),
    "ssl_early_data": (("on", "off"), ("yes",)),
    "ssl_verify_depth": (("2", "0"), ("-1", "x", "", "1 2", "99999999999999999999")),
    "ssl_verify_client": (("off", "optional_no_ca", "OFF"), ("on", "optional", "yes", "", "require")),
    "ssl_client_certificate": (
        ("{pki}/client-ca-1.crt", '""'),
        (ABSENT, "{pki}/empty.pem", "{pki}"),
    ),
    "ssl_trusted_certificate": (
        ("{pki}/client-ca-2.crt", "pki/ca.crt", '""'),
        (ABSENT, "{pki}/empty.pem", "{dir}", "{pki}/a.crt"),
    ),
    "ssl_crl": (("{pki}/client-ca-1.crl", '""'), (ABSENT, "", "{pki}/empty.pem", "{pki}/a.crt", "{pki}")),
    "ssl_password_file": (("{pki}/b.password",), (ABSENT, "", "{pki}/empty.pem", '""', "{dir}")),
    "ssl_stapling": (("off",), ("yes", "", "on")),
    "ssl_stapling_file": (("{pki}/b.ocsp",), (ABSENT, "{pki}/empty.pem", "")),
    "ssl_stapling_verify": (("on", "off"), ("yes",)),
    "ssl_stapling_responder": (("http://127.0.0.1/",), ("", "ftp://127.0.0.1", "https://127.0.0.1/")),
    "ssl_ocsp": (("off",), ("on", "leaf", "yes", "")),
    "ssl_ocsp_responder": (("http://127.0.0.1/",), ("",)),
    "ssl_ocsp_cache": (
        ("off", "shared:ocsp:1m"),
        ("on", "shared:ocsp:2m", "shared:one:1m", "shared:ocsp", "shared:o:1k"),
    ),
    "ssl_conf_command": (
        (
            *("Options -SessionTicket", "Ciphersuites TLS_AES_256_GCM_SHA384", "MinProtocol TLSv1.3", "Groups X25519"),
            *("MaxProtocol TLSv1.2", "Protocol -TLSv1.3", "CipherString ECDHE+AESGCM", "Curves P-256", "NumTickets 1"),
            *(
                "Options PrioritizeChaCha,ServerPreference",
                "ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
            ),
            *("Protocol ALL,-TLSv1.2", "Options SessionTicket", "SignatureAlgorithms ECDSA+SHA256:RSA+SHA256"),
        ),
        (
            *("Nope x", "Ciphersuites NOPE", "Options Nope", "MinProtocol TLSv9", "Groups nope", "CipherString NOPE"),
            *("Options", "", "a b c", "NumTickets x", "Protocol TLSv9", "Ciphersuites ''", "MinProtocol tlsv1.2"),
        ),
    ),
    "ssl_reject_handshake": (("on", "off"), ("yes", "")),
    "ssl": (("off",), ("on", "yes", "")),
}
"""`ssl_*` of `http {}` and its servers, without certificates; of stream and mail those that they have."""
NEWER: Final = (
    *(
        "http2 on;",
        "ssl_certificate_cache max=10;",
        "ssl_ech_file e.pem;",
        "ssl_certificate_compression on;",
        "http3 on;",
    ),
    *(
        "ssl_object_cache_inheritable on;",
        "add_header_inherit merge;",
        "quic_retry on;",
        "ssl_key_log x;",
        "http2 maybe;",
    ),
    *("ssl_certificate_cache;", "keepalive_min_timeout 1s;", "early_hints $host;", "proxy_ssl_certificate_cache off;"),
)
"""What nginx 1.22.1 has not."""
CERTIFICATES: Final = (
    (),
    ("ssl_certificate {pki}/a.crt;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {pki}/b.crt;", "ssl_certificate_key {pki}/b.key;"),
    ("ssl_certificate pki/c.crt;", "ssl_certificate_key pki/c.key;"),
    ("ssl_certificate {pki}/b-ec.crt;", "ssl_certificate_key {pki}/b-ec.key;"),
    *(
        tuple(f"ssl_certificate {{pki}}/{name}.crt; ssl_certificate_key {{pki}}/{name}.key;" for name in (one, two))
        for one, two in (("a", "a-ec"), ("b-ec", "b"), ("a", "b"))
    ),
    ("ssl_certificate_key {pki}/w.key;", "ssl_certificate {pki}/w.crt;"),
    ("ssl_certificate {pki}/d.crt;", "ssl_certificate_key {pki}/d.key;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {pki}/a.crt;", "ssl_certificate_key {pki}/a.key;", "ssl_reject_handshake on;"),
    ("ssl_reject_handshake on;",),
    ("ssl_certificate {dir}/of/$ssl_server_name.crt;", "ssl_certificate_key of/$ssl_server_name.key;"),
)
"""Of one server."""
BAD_CERTIFICATES: Final = (
    ("ssl_certificate {pki}/a.crt;",),
    ("ssl_certificate_key {pki}/a.key;",),
    ("ssl_certificate {dir}/absent.crt;", "ssl_certificate_key {dir}/absent.key;"),
    ("ssl_certificate {pki}/a.crt;", "ssl_certificate_key {dir}/a.key;"),
    ("ssl_certificate {pki}/empty.pem;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {dir}/garbage.crt;", "ssl_certificate_key {dir}/garbage.key;"),
    ("ssl_certificate {pki}/weak.crt;", "ssl_certificate_key {pki}/weak.key;"),
    ("ssl_certificate {pki}/weak.crt;", "ssl_certificate_key {pki}/weak.key;", "ssl_ciphers DEFAULT:@SECLEVEL=1;"),
    ("ssl_certificate {pki}/a.crt;", "ssl_certificate {pki}/a-ec.crt;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {pki}/a.crt;", "ssl_certificate_key;"),
    ("ssl_certificate;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {pki}/a.crt {pki}/a.key;",),
    ("ssl_certificate {pki};", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {pki}/a.key;", "ssl_certificate_key {pki}/a.key;"),
    ('ssl_certificate "";', 'ssl_certificate_key "";'),
    ("ssl_certificate $host.crt;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate {pki}/${nope}.crt;", "ssl_certificate_key {pki}/a.key;"),
    ("ssl_certificate data:$x;", "ssl_certificate_key data:$x;"),
    (
        "ssl_certificate {pki}/b.crt;",
        "ssl_certificate_key {pki}/b-encrypted.key;",
        "ssl_password_file {pki}/b.password;",
    ),
)
CLIENTS: Final = (
    *("ssl_verify_client on; ssl_client_certificate {pki}/client-ca-1.crt;",),
    *("ssl_verify_client optional; ssl_client_certificate {pki}/client-ca-2.crt; ssl_crl {pki}/client-ca-1.crl;",),
    *("ssl_verify_client optional_no_ca;", "ssl_ocsp on; ssl_verify_client off;", "ssl_client_certificate pki/ca.crt;"),
    *("ssl_verify_client on; ssl_client_certificate {pki}/client-ca-1.crt; ssl_trusted_certificate {pki}/ca.crt;",),
    *("ssl_verify_client OPTIONAL; ssl_client_certificate {pki}/client-ca-1.crt;",),
)
BAD_CLIENTS: Final = (
    *("ssl_verify_client on;", "ssl_verify_client optional; ssl_trusted_certificate {pki}/ca.crt;"),
    *("ssl_verify_client optional_no_ca; ssl_ocsp on;", "ssl_verify_client optional_no_ca; ssl_ocsp leaf;"),
    *("ssl_verify_client on; ssl_client_certificate {dir}/absent.crt;", "ssl_verify_client on; ssl_ocsp on;"),
    *('ssl_verify_client on; ssl_client_certificate "";', "ssl_client_certificate {dir}/absent.crt;"),
    *("ssl_verify_client optional; ssl_client_certificate {pki}/client-ca-1.crt; ssl_ocsp on;",),
    *("ssl_verify_client on; ssl_client_certificate {pki}/empty.pem;", "ssl_ocsp on;"),
    *("ssl_verify_client optional_no_ca; ssl_client_certificate {dir}/absent.crt;",),
)

GENERAL: Final[Values] = {
    "add_header": (
        ("Strict-Transport-Security max-age=1", "X-A 'b; c' always", 'X "\\"q\\""', "X $host"),
        ("X", "", "X y z", "Strict-Transport-Security max-age=1; includeSubDomains", "X $", "X ${h"),
    ),
    "keepalive_timeout": (("65", "5s 10s"), ("1 2 3", "")),
    "gzip": (("on", "off"), ("yes", "")),
    "root": (("/srv", "html"), ("", "a b")),
    "sendfile": (("on", "OFF"), ("maybe", "on off")),
    "server_tokens": (("build",), ("",)),
    "client_max_body_size": (("1m", "0"), ("1m 2m",)),
    "resolver": (("127.0.0.1", "127.0.0.1 valid=10s ipv6=off"), ("",)),
    "error_page": (("404 /x.html", "500 502 =200 /x"), ("404", "")),
    "default_type": (("text/plain",), ("", "a b")),
    "index": (("index.html", "a b"), ("",)),
    "http2_max_concurrent_streams": (("8",), ("8 9",)),
    "tcp_nodelay": (("on",), ("yes",)),
    "error_log": (("error.log", "error.log info"), ("",)),
    "access_log": (("off",), ("",)),
}
"""Of `http {}` and its servers."""
HTTP: Final = (
    *("limit_req_zone $binary_remote_addr zone=lim:1m rate=1r/s;", "limit_conn_zone $host zone=c:1m;"),
    "server_names_hash_bucket_size 128;",
    *("upstream up.invalid { server 127.0.0.1:18402; }", "upstream up.invalid { server 127.0.0.1:18402; zone u 64k; }"),
    *("upstream b.invalid { server 127.0.0.1:1; }",),
)
BAD_HTTP: Final = (
    *("limit_req_zone $host zone=one:1m rate=1r/s;", "limit_req_zone $binary_remote_addr zone=lim:2m rate=1r/s;"),
    *(
        "upstream up.invalid { }",
        "server_names_hash_bucket_size 32;",
        "upstream { server 127.0.0.1; }",
        "upstream up;",
        "map $host { default 1; }",
        "types;",
    ),
    *("limit_conn_zone $host zone=lim:1m;", "proxy_cache_path c keys_zone=one:1m;", "limit_req_zone $host zone=lim;"),
    *(
        "server;",
        "server a { listen 18400; }",
        "http { }",
        "events { }",
        "stream { }",
        "listen 18400;",
        "location / { }",
    ),
)
LOCATIONS: Final = (
    *(
        "location / { return 200 ok; }",
        "location = / { return 204; }",
        "location ~ \\.php$ { deny all; }",
        "location /a { }",
    ),
    *(
        "location ^~ /b { root /srv; }",
        "location @n { return 404; }",
        "location /a/ { location /a/b { } }",
        "return 200;",
    ),
    *(
        "location ~* ^/C { add_header X y; }",
        "location /r { rewrite ^/r/(.*)$ /$1 last; }",
        "location /l { limit_except GET { deny all; } }",
    ),
    *(
        "location /i { if ($host = a.test) { return 403; } }",
        "if ($scheme = http) { return 301 https://$host$request_uri; }",
    ),
    *("location /p { proxy_pass http://127.0.0.1:18402; }", "location =/e { return 200 'a b'; }"),
)
BAD_LOCATIONS: Final = (
    *("location / { ssl_protocols TLSv1.2; }", "location / { listen 18400; }", "location { }", "location /a;"),
    *("location / { server_name a.test; }", "location x y z { }", "if ($host) { ssl_certificate {pki}/a.crt; }"),
    *("location / { return; }", "location / { unknown_word x; }", "location / { limit_req zone=lim; }"),
    *("location /q { limit_req zone=nobody; }", "location /c { limit_conn c 1; }", "location / { add_header X y; }"),
    *("location /a { }", "location ~ ( { }", "location / { location /a { } location /a { } }", "location =/ { }"),
)
PASSING: Final = (
    "proxy_pass https://127.0.0.1:18402;",
    "proxy_pass https://up.invalid;",
    "proxy_pass http://127.0.0.1:18402;",
    "grpc_pass grpcs://127.0.0.1:18402;",
    "uwsgi_pass suwsgi://127.0.0.1:18402;",
    "proxy_pass https://$host:18402;",
    "proxy_pass https://b.invalid;",
    "grpc_pass grpc://127.0.0.1:18402;",
    "proxy_pass $scheme://127.0.0.1;",
    "grpc_pass 127.0.0.1:18402;",
    "proxy_pass HTTPS://127.0.0.1:18402;",
)
PASSING_TLS: Final[Values] = {
    "protocols": (("TLSv1.2", "TLSv1.2 TLSv1.3"), ("TLSv1.4", "", "TLSv1.2 TLSv1.2")),
    "ciphers": (("HIGH", "DEFAULT"), ("NOPE", "", "a b")),
    "verify": (("off",), ("on", "yes", "")),
    "verify_depth": (("2",), ("x", "")),
    "trusted_certificate": (("{pki}/ca.crt", "pki/client-ca-1.crt"), (ABSENT, "{pki}/empty.pem", '""', "")),
    "crl": (("{pki}/client-ca-1.crl",), (ABSENT, "")),
    "server_name": (("on", "off"), ("a.test", "")),
    "name": (("a.test", "$host"), ("", "a b")),
    "session_reuse": (("on", "off"), ("yes",)),
    "certificate": (("{pki}/a.crt; {prefix}_certificate_key {pki}/a.key",), ("{pki}/a.crt", ABSENT, "{pki}/empty.pem")),
    "conf_command": (("Options -SessionTicket", "MinProtocol TLSv1.2"), ("Nope x", "Options", "Groups nope")),
    "password_file": (("{pki}/b.password",), (ABSENT, "")),
}
"""Behind `proxy_ssl_` and its twins."""
STREAM: Final = (
    *("proxy_pass 127.0.0.1:18402;", "return x;", "proxy_pass up.invalid;", "ssl_preread on; proxy_pass 127.0.0.1:1;"),
    *("proxy_pass 127.0.0.1:18402; proxy_ssl on;", "proxy_pass 127.0.0.1:1; proxy_ssl on; proxy_ssl_verify on;"),
    *("proxy_pass 127.0.0.1:1; proxy_timeout 5s;",),
)
BAD_STREAM: Final = (
    *(
        "",
        "server_name a.test;",
        "location / { }",
        "return x; return y;",
        "ssl_early_data on;",
        "ssl_stapling on;",
        "pass 1;",
    ),
    *(
        "ssl_buffer_size 4k;",
        "ssl_reject_handshake on;",
        "http2 on;",
        "add_header X y;",
        "default_server;",
        "ssl_alpn;",
    ),
)
MAIL: Final = (
    *(
        "protocol imap;",
        "protocol pop3; starttls off;",
        "protocol smtp; smtp_auth none;",
        "protocol imap; starttls on;",
    ),
    *("protocol pop3; starttls only;", "protocol imap; imap_capabilities IMAP4rev1 UIDPLUS;"),
)
BAD_MAIL: Final = (
    "",
    "protocol nope;",
    "starttls maybe;",
    "server_name;",
    "protocol;",
    "ssl_stapling on;",
    "return 1;",
)
MAIN: Final = (
    "worker_processes 1;",
    "user root;",
    "worker_rlimit_nofile 512;",
    "error_log error.log;",
    "env X;",
    "pcre_jit on;",
)
BAD_MAIN: Final = (
    *(
        "server { }",
        "listen 18400;",
        "ssl_protocols TLSv1.2;",
        "http { }",
        "events { }",
        "events;",
        "http;",
        "stream { }",
    ),
    *("nonsense;", "nonsense { }", "worker_processes;", "worker_processes 1 2;", "server_name a.test;", "X-Y z;"),
    *("upstream u { }", "location / { }", "user;", "mail { }", "include;", "include a b;", "events { listen 1; }"),
)
MISTAKES: Final = (
    *("nonsense on;", "Ssl_protocols TLSv1.2;", "ssl_protocol TLSv1.2;", "sever_name a.test;", "includeSubDomains;"),
    *("ssl_certficate {pki}/a.crt;", "nonsense { }", "proxy_ssl_protocol TLSv1.2;", "{ }", "'quoted name' x;", '"" x;'),
    *(
        "include {dir}/absent.conf;",
        "include absent/*.conf;",
        "include pki;",
        "include;",
        "include a b;",
        "include $x;",
    ),
    *(
        "include absent[1].conf;",
        "server_name a.test",
        "ssl_session_tickets off",
        "ssl_ciphers HIGH",
        "return 200 'x",
        "}",
    ),
    *(
        "listen 18400 ssl",
        "ssl_prefer_server_ciphers",
        'add_header X "a"b;',
        "location / {",
        ";",
        "server {",
        "ssl_ciphers 'HIGH;",
    ),
    *("auth_jwt x;", "more_set_headers 'X: y';", "proxy_pass https://127.0.0.1;", "listen 18400;", "server { }"),
    *(
        "listen 18401 ssl;",
        "server { listen 18400; }",
        "\ufeffserver_name x;",
        "ssl_ciphers HIGH ;;",
        "add_header X y;",
    ),
)
"""For any place at all."""


def lines(values: Values, prefix: str = "") -> Iterator[tuple[bool, str]]:
    """Every line of a table, and whether its value is a good one."""
    for name, (good, bad) in values.items():
        for value in good:
            yield True, line(prefix + name, value, prefix)
        for value in bad:
            yield False, line(prefix + name, value, prefix)


def line(name: str, value: str, prefix: str = "") -> str:
    """A directive as it is written."""
    return f"{name} {value.replace('{prefix}', prefix.removesuffix('_'))}".rstrip() + ";"
