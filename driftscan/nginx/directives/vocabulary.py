"""The words of nginx's own modules that are no settings of TLS: where they may stand and what they take, by release.

nginx: ngx_conf_handler and the command tables (`ngx_command_t`) of 1.18.0, 1.22.1 and 1.26.3 row by row; what older
and newer releases have otherwise is from tables of 1.4.4 and 1.9.6, CHANGES of 1.4.0 to 1.31.4 and the reference.
Where the release of a change is not known, the wider form is told of all. Directives of 1.4 that were deprecated long
before (`connections`, `optimize_server_names`, `satisfy_any`, `rtsig_signo`) are left out: it is not told when they
went.
"""

from collections.abc import Mapping
from typing import Final

from driftscan.nginx.directives import (
    vocabulary_core,
    vocabulary_http,
    vocabulary_http_modules,
    vocabulary_mail,
    vocabulary_proxies,
    vocabulary_stream,
)
from driftscan.nginx.directives.forms import Form
from driftscan.nginx.directives.vocabulary_rows import Entry, entries

NEWEST: Final = "1.31.4"
"""The last release whose changes are in the tables; 1.31.5 has locations with predicates, for one."""

_PLUS: Final = """
api status status_format status_zone state upstream_conf queue ntlm health_check health_check_timeout match
sticky sticky_cookie_insert least_time
auth_jwt auth_jwt_claim_set auth_jwt_header_set auth_jwt_key_cache auth_jwt_key_file auth_jwt_key_request
auth_jwt_leeway auth_jwt_require auth_jwt_type auth_oidc oidc_provider auth_require
f4f f4f_buffer_size hls hls_buffers hls_forward_args hls_fragment hls_mp4_buffer_size hls_mp4_max_buffer_size
mp4_limit_rate mp4_limit_rate_after memcached_force_ranges
internal_redirect internal_redirect_delay num_map
keyval keyval_zone session_log session_log_format session_log_zone
fastcgi_cache_purge proxy_cache_purge scgi_cache_purge uwsgi_cache_purge
fastcgi_allow_upstream grpc_allow_upstream memcached_allow_upstream proxy_allow_upstream scgi_allow_upstream
tunnel_allow_upstream uwsgi_allow_upstream
fastcgi_bind_dynamic grpc_bind_dynamic memcached_bind_dynamic proxy_bind_dynamic scgi_bind_dynamic
tunnel_bind_dynamic uwsgi_bind_dynamic
mqtt mqtt_buffers mqtt_preread mqtt_rewrite_buffer_size mqtt_set_connect
mgmt usage_report license_token deployment_context enforce_initial_report uuid_file
ssl_key_log grpc_ssl_key_log proxy_ssl_key_log uwsgi_ssl_key_log
zone_sync zone_sync_buffers zone_sync_connect_retry_interval zone_sync_connect_timeout zone_sync_interval
zone_sync_recv_buffer_size zone_sync_server zone_sync_timeout
zone_sync_ssl zone_sync_ssl_certificate zone_sync_ssl_certificate_key zone_sync_ssl_ciphers
zone_sync_ssl_conf_command zone_sync_ssl_crl zone_sync_ssl_name zone_sync_ssl_password_file
zone_sync_ssl_protocols zone_sync_ssl_server_name zone_sync_ssl_trusted_certificate zone_sync_ssl_verify
zone_sync_ssl_verify_depth
"""

_ENTRIES: Final[tuple[Entry, ...]] = tuple(
    entry
    for group in (
        vocabulary_core.TABLES,
        vocabulary_http.TABLES,
        vocabulary_http_modules.TABLES,
        vocabulary_proxies.TABLES,
        vocabulary_stream.TABLES,
        vocabulary_mail.TABLES,
    )
    for table in group
    for entry in entries(table)
)


def _forms() -> Mapping[str, tuple[Form, ...]]:
    forms: dict[str, tuple[Form, ...]] = {}
    for entry in _ENTRIES:
        forms[entry.name] = (*forms.get(entry.name, ()), entry.form)
    return forms


VOCABULARY: Final[Mapping[str, tuple[Form, ...]]] = _forms()
"""Every entry of the command tables, by the directive's name."""
ONCE: Final = frozenset(entry.name for entry in _ENTRIES) - {entry.name for entry in _ENTRIES if not entry.once}
"""Directives whose second occurrence in one block is `"X" directive is duplicate`, whatever the block and release."""
FREE: Final = frozenset(entry.name for entry in _ENTRIES if entry.free) | {"match"}
"""Blocks inside which nginx looks up no directives (`match` is one of NGINX Plus)."""
PLUS: Final = frozenset(_PLUS.split())
"""Directives that NGINX Plus has, or had first: nothing can be told about them.

nginx itself has `sticky` since 1.29.6 and `least_time` since 1.31.0; before, other people's modules were called so.
"""
