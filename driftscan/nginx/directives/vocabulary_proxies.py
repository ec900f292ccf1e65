"""The words of the http modules that pass a request on, which share most of theirs.

nginx: ngx_http_proxy_commands and their like, 1.4.4 and 1.18.0 to 1.26.3, and CHANGES from 1.4.0 to 1.31.4. The table
has `uwsgi_cache_background_update` as a plain argument, but its setter takes `on` and `off` only, as everywhere.
"""

from typing import Final

from driftscan.nginx.directives.vocabulary_rows import Table

_BUFFERING: Final = """
store                    1     http,server,location               once
store_access             1-3   http,server,location               once
request_buffering        flag  http,server,location               once since=1.7.11
ignore_client_abort      flag  http,server,location               once
bind                     1     http,server,location               once gone=1.11.0
bind                     1-2   http,server,location               once since=1.11.0
socket_keepalive         flag  http,server,location               once since=1.15.6
socket_rcvbuf            1     http,server,location               since=1.31.3
socket_sndbuf            1     http,server,location               since=1.31.3
connect_timeout          1     http,server,location               once
send_timeout             1     http,server,location               once
read_timeout             1     http,server,location               once
buffer_size              1     http,server,location               once
buffers                  2     http,server,location               once
busy_buffers_size        1     http,server,location               once
force_ranges             flag  http,server,location               once since=1.7.7
limit_rate               1     http,server,location               once since=1.7.7
pass_request_headers     flag  http,server,location               once
pass_request_body        flag  http,server,location               once
pass_header              1     http,server,location
hide_header              1     http,server,location
ignore_headers           1+    http,server,location
intercept_errors         flag  http,server,location               once
temp_path                1-4   http,server,location               once
max_temp_file_size       1     http,server,location               once
temp_file_write_size     1     http,server,location               once
next_upstream            1+    http,server,location
next_upstream_timeout    1     http,server,location               once since=1.7.5
next_upstream_tries      1     http,server,location               once since=1.7.5
no_cache                 1+    http,server,location
cache                    1     http,server,location               once
cache_background_update  flag  http,server,location               once since=1.11.10
cache_bypass             1+    http,server,location
cache_key                1     http,server,location               once
cache_lock               flag  http,server,location               once
cache_lock_age           1     http,server,location               once since=1.7.8
cache_lock_timeout       1     http,server,location               once
cache_max_range_offset   1     http,server,location               once since=1.11.6
cache_methods            1+    http,server,location
cache_min_uses           1     http,server,location               once
cache_path               2+    http
cache_revalidate         flag  http,server,location               once since=1.5.7
cache_use_stale          1+    http,server,location
cache_valid              1+    http,server,location
"""
"""What the modules with buffers and a cache have in common."""

_PROXY: Final = """
proxy_pass                     1     location,location-if,limit_except  once
proxy_buffering                flag  http,server,location               once
proxy_cache_convert_head       flag  http,server,location               once since=1.9.7
proxy_cookie_domain            1-2   http,server,location
proxy_cookie_flags             1-4   http,server,location               since=1.19.3
proxy_cookie_path              1-2   http,server,location
proxy_headers_hash_bucket_size 1     http,server,location               once
proxy_headers_hash_max_size    1     http,server,location               once
proxy_http_version             1     http,server,location               once
proxy_method                   1     http,server,location               once
proxy_pass_trailers            flag  http,server,location               once since=1.27.2
proxy_redirect                 1-2   http,server,location
proxy_send_lowat               1     http,server,location               once
proxy_set_body                 1     http,server,location               once
proxy_set_header               2     http,server,location
"""

_FASTCGI: Final = """
fastcgi_pass                   1     location,location-if               once
fastcgi_buffering              flag  http,server,location               once since=1.5.6
fastcgi_catch_stderr           1     http,server,location
fastcgi_index                  1     http,server,location               once
fastcgi_keep_conn              flag  http,server,location               once
fastcgi_param                  2-3   http,server,location
fastcgi_send_lowat             1     http,server,location               once
fastcgi_split_path_info        1     http,server,location
"""

_SCGI: Final = """
scgi_pass                      1     location,location-if               once
scgi_buffering                 flag  http,server,location               once
scgi_param                     2-3   http,server,location
"""

_UWSGI: Final = """
uwsgi_pass                     1     location,location-if               once
uwsgi_buffering                flag  http,server,location               once
uwsgi_modifier1                1     http,server,location               once
uwsgi_modifier2                1     http,server,location               once
uwsgi_param                    2-3   http,server,location
uwsgi_string                   1     http,server,location               once
"""

_GRPC: Final = """
grpc_pass                      1     location,location-if               once
grpc_bind                      1-2   http,server,location               once
grpc_buffer_size               1     http,server,location               once
grpc_connect_timeout           1     http,server,location               once
grpc_hide_header               1     http,server,location
grpc_ignore_headers            1+    http,server,location
grpc_intercept_errors          flag  http,server,location               once
grpc_next_upstream             1+    http,server,location
grpc_next_upstream_timeout     1     http,server,location               once
grpc_next_upstream_tries       1     http,server,location               once
grpc_pass_header               1     http,server,location
grpc_read_timeout              1     http,server,location               once
grpc_send_timeout              1     http,server,location               once
grpc_set_header                2     http,server,location
grpc_socket_keepalive          flag  http,server,location               once since=1.15.6
grpc_socket_rcvbuf             1     http,server,location               since=1.31.3
grpc_socket_sndbuf             1     http,server,location               since=1.31.3
"""

_MEMCACHED: Final = """
memcached_pass                 1     location,location-if               once
memcached_bind                 1     http,server,location               once gone=1.11.0
memcached_bind                 1-2   http,server,location               once since=1.11.0
memcached_buffer_size          1     http,server,location               once
memcached_connect_timeout      1     http,server,location               once
memcached_gzip_flag            1     http,server,location               once
memcached_next_upstream        1+    http,server,location
memcached_next_upstream_timeout 1    http,server,location               once since=1.7.5
memcached_next_upstream_tries  1     http,server,location               once since=1.7.5
memcached_read_timeout         1     http,server,location               once
memcached_send_timeout         1     http,server,location               once
memcached_socket_keepalive     flag  http,server,location               once since=1.15.6
"""

_TUNNEL: Final = """
tunnel_pass                    0-1   server,location,location-if
tunnel_bind                    1-2   http,server,location
tunnel_buffer_size             1     http,server,location
tunnel_connect_timeout         1     http,server,location
tunnel_next_upstream           1+    http,server,location
tunnel_next_upstream_timeout   1     http,server,location
tunnel_next_upstream_tries     1     http,server,location
tunnel_read_timeout            1     http,server,location
tunnel_send_lowat              1     http,server,location
tunnel_send_timeout            1     http,server,location
tunnel_socket_keepalive        flag  http,server,location
tunnel_socket_rcvbuf           1     http,server,location               since=1.31.3
tunnel_socket_sndbuf           1     http,server,location               since=1.31.3
"""
"""The reference alone: no table of a release was at hand, so a repeated value is not told to be refused."""

TABLES: Final = (
    Table(_BUFFERING, prefixes=("proxy_", "fastcgi_", "scgi_", "uwsgi_")),
    Table(_PROXY),
    Table(_FASTCGI),
    Table(_SCGI),
    Table(_UWSGI),
    Table(_GRPC, since="1.13.10"),
    Table(_MEMCACHED),
    Table(_TUNNEL, since="1.31.0"),
)
