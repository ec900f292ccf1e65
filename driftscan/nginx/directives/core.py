"""Directives that are no settings of TLS, but that decide which server, which library and which file it is about.

They are read where they count: names and addresses in :mod:`driftscan.nginx.servers`, files in
:mod:`driftscan.nginx.includes`. Here is only where they may stand. ngx_*_core_commands, ngx_openssl_commands,
ngx_openssl_cache_commands, ngx_conf_commands; `include` is let pass everywhere (NGX_ANY_CONF).
"""

from collections.abc import Mapping
from typing import Final

from driftscan.nginx.directives.forms import Context, Form, form

STREAM_MODULE: Final = "ngx_stream_module"
MAIL_MODULE: Final = "ngx_mail_module"

CORE_FORMS: Final[Mapping[str, tuple[Form, ...]]] = {
    "include": (form("1", " ".join(Context)),),
    "listen": (
        form("1+", "server"),
        form("1+", "stream-server", since="1.9.0", module=STREAM_MODULE),
        form("1-2", "mail-server", since="0.5.15", gone="1.7.5", module=MAIL_MODULE),
        form("1+", "mail-server", since="1.7.5", module=MAIL_MODULE),
    ),
    "server_name": (
        form("1+", "server"),
        form("1+", "stream-server", since="1.25.5", module=STREAM_MODULE),
        form("1", "mail mail-server", since="0.5.15", module=MAIL_MODULE),
    ),
    "ssl_engine": (form("1", "main", since="0.6.36"),),
    "ssl_object_cache_inheritable": (form("flag", "main", since="1.27.4"),),
}
