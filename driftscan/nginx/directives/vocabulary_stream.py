"""The words of `stream {}`, which usual builds load from a file.

nginx: the tables named below, 1.18.0 to 1.26.3, and CHANGES from 1.9.0, the first release with streams, to 1.31.4.
"""

from typing import Final

from driftscan.nginx.directives.core import STREAM_MODULE
from driftscan.nginx.directives.vocabulary_rows import Table

_STREAM: Final = """
# ngx_stream_module
stream                         0     main                               block
# ngx_stream_core_module
variables_hash_max_size        1     stream                             once since=1.11.2
variables_hash_bucket_size     1     stream                             once since=1.11.2
server                         0     stream                             block
error_log                      1+    stream,stream-server
resolver                       1+    stream,stream-server           once since=1.11.3
resolver_timeout               1     stream,stream-server               once since=1.11.3
proxy_protocol_timeout         1     stream,stream-server               once since=1.11.4
tcp_nodelay                    flag  stream,stream-server               once since=1.9.4
preread_buffer_size            1     stream,stream-server               once since=1.11.5
preread_timeout                1     stream,stream-server               once since=1.11.5
server_names_hash_max_size     1     stream                             once since=1.25.5
server_names_hash_bucket_size  1     stream                             once since=1.25.5
# ngx_stream_upstream_module
upstream                       1     stream                             block
server                         1+    stream-upstream
resolver                       1+    stream-upstream                once since=1.27.3
resolver_timeout               1     stream-upstream                    once since=1.27.3
# ngx_stream_access_module
allow                          1     stream,stream-server               since=1.9.2
deny                           1     stream,stream-server               since=1.9.2
# ngx_stream_geo_module
geo                            1-2   stream                             block free since=1.11.3
# ngx_stream_limit_conn_module
limit_conn_zone                2     stream                             since=1.9.3
limit_conn                     2     stream,stream-server               since=1.9.3
limit_conn_log_level           1     stream,stream-server               once since=1.9.3
limit_conn_dry_run             flag  stream,stream-server               once since=1.17.6
# ngx_stream_log_module
log_format                     2+    stream                             since=1.11.4
access_log                     1+    stream,stream-server               since=1.11.4
open_log_file_cache            1-4   stream,stream-server           once since=1.11.4
# ngx_stream_map_module
map                            2     stream                             block free since=1.11.2
map_hash_max_size              1     stream                             once since=1.11.2
map_hash_bucket_size           1     stream                             once since=1.11.2
# ngx_stream_pass_module
pass                           1     stream-server                      since=1.25.5
# ngx_stream_proxy_module
proxy_pass                     1     stream-server                      once
proxy_bind                     1     stream,stream-server               once since=1.9.2 gone=1.11.0
proxy_bind                     1-2   stream,stream-server               once since=1.11.0
proxy_socket_keepalive         flag  stream,stream-server               once since=1.15.6
proxy_socket_rcvbuf            1     stream,stream-server               since=1.31.3
proxy_socket_sndbuf            1     stream,stream-server               since=1.31.3
proxy_connect_timeout          1     stream,stream-server               once
proxy_timeout                  1     stream,stream-server               once
proxy_buffer_size              1     stream,stream-server               once since=1.9.4
proxy_downstream_buffer        1     stream,stream-server
proxy_upstream_buffer          1     stream,stream-server
proxy_upload_rate              1     stream,stream-server               once since=1.9.3
proxy_download_rate            1     stream,stream-server               once since=1.9.3
proxy_requests                 1     stream,stream-server               once since=1.15.7
proxy_responses                1     stream,stream-server               once since=1.9.13
proxy_next_upstream            flag  stream,stream-server               once
proxy_next_upstream_tries      1     stream,stream-server               once
proxy_next_upstream_timeout    1     stream,stream-server               once
proxy_protocol                 flag  stream,stream-server               once since=1.9.2 gone=1.31.4
proxy_protocol                 1     stream,stream-server               once since=1.31.4
proxy_half_close               flag  stream,stream-server               once since=1.21.4
# ngx_stream_realip_module
set_real_ip_from               1     stream,stream-server               since=1.11.4
# ngx_stream_return_module
return                         1     stream-server                      since=1.11.2
# ngx_stream_set_module
set                            2     stream-server                      since=1.19.3
# ngx_stream_split_clients_module
split_clients                  2     stream                             block free since=1.11.3
# ngx_stream_upstream_hash_module
hash                           1-2   stream-upstream
# ngx_stream_upstream_least_conn_module
least_conn                     0     stream-upstream
# ngx_stream_upstream_random_module
random                         0-2   stream-upstream                    since=1.15.1
# ngx_stream_upstream_zone_module
zone                           1-2   stream-upstream
"""

_GEOIP: Final = """
geoip_country                  1-2   stream
geoip_org                      1-2   stream
geoip_city                     1-2   stream
"""

TABLES: Final = (
    Table(_STREAM, module=STREAM_MODULE, since="1.9.0"),
    Table(_GEOIP, module="ngx_stream_geoip_module", since="1.11.3"),
)
