"""The words of `http {}` itself: servers, locations, rewriting, logs, upstreams, HTTP/2.

nginx: ngx_http_core_commands and the tables named below, 1.4.4 and 1.18.0 to 1.26.3, then CHANGES. The `http2_` that
1.19.7 and 1.25.1 made obsolete are accepted and ignored, also twice; so were the `spdy_` by the module for HTTP/2 from
1.9.5 to some release after 1.18.0. A second argument of `keepalive` was ignored until 1.9.x (1.3.2: `single`).

`max_headers` came with 1.29.8, and distributions gave it to far older releases against requests of endless headers
(Debian's 1.22.1 has it since deb12u8): no release is told to be without it.
"""

from typing import Final

from driftscan.nginx.directives.vocabulary_rows import Table

_HTTP: Final = """
# ngx_http_module
http                           0     main                               block
# ngx_http_core_module
variables_hash_max_size        1     http                               once
variables_hash_bucket_size     1     http                               once
server_names_hash_max_size     1     http                               once
server_names_hash_bucket_size  1     http                               once
server                         0     http                               block
connection_pool_size           1     http,server                        once
request_pool_size              1     http,server                        once
client_header_timeout          1     http,server                        once
client_header_buffer_size      1     http,server                        once
large_client_header_buffers    2     http,server                        once
max_headers                    1     http,server                        once
ignore_invalid_headers         flag  http,server                        once
merge_slashes                  flag  http,server                        once
underscores_in_headers         flag  http,server                        once
location                       1-2   server,location                    block
types_hash_max_size            1     http,server,location               once
types_hash_bucket_size         1     http,server,location               once
types                          0     http,server,location               block free
default_type                   1     http,server,location               once
root                           1     http,server,location,location-if   once
alias                          1     location                           once
limit_except                   1+    location                           block
client_max_body_size           1     http,server,location               once
client_body_buffer_size        1     http,server,location               once
client_body_timeout            1     http,server,location               once
client_body_temp_path          1-4   http,server,location               once
client_body_in_file_only       1     http,server,location               once
client_body_in_single_buffer   flag  http,server,location               once
sendfile                       flag  http,server,location,location-if   once
sendfile_max_chunk             1     http,server,location               once
subrequest_output_buffer_size  1     http,server,location               once since=1.13.10
aio                            1     http,server,location               once
aio_write                      flag  http,server,location               once since=1.9.13
read_ahead                     1     http,server,location               once
directio                       1     http,server,location               once
directio_alignment             1     http,server,location               once
tcp_nopush                     flag  http,server,location               once
tcp_nodelay                    flag  http,server,location               once
send_timeout                   1     http,server,location               once
send_lowat                     1     http,server,location               once
postpone_output                1     http,server,location               once
limit_rate                     1     http,server,location,location-if   once
limit_rate_after               1     http,server,location,location-if   once
keepalive_timeout              1-2   http,server,location               once
keepalive_min_timeout          1     http,server,location               once since=1.27.4
keepalive_requests             1     http,server,location               once
keepalive_time                 1     http,server,location               once since=1.19.10
keepalive_disable              1-2   http,server,location
satisfy                        1     http,server,location               once
auth_delay                     1     http,server,location               once since=1.17.10
internal                       0     location
lingering_close                1     http,server,location               once
lingering_time                 1     http,server,location               once
lingering_timeout              1     http,server,location               once
reset_timedout_connection      flag  http,server,location               once
absolute_redirect              flag  http,server,location               once since=1.11.8
server_name_in_redirect        flag  http,server,location               once
port_in_redirect               flag  http,server,location               once
msie_padding                   flag  http,server,location               once
msie_refresh                   flag  http,server,location               once
log_not_found                  flag  http,server,location               once
log_subrequest                 flag  http,server,location               once
recursive_error_pages          flag  http,server,location               once
server_tokens                  flag  http,server,location               once gone=1.11.10
server_tokens                  1     http,server,location               once since=1.11.10
if_modified_since              1     http,server,location               once
max_ranges                     1     http,server,location               once
chunked_transfer_encoding      flag  http,server,location               once
etag                           flag  http,server,location               once
early_hints                    1+    http,server,location               since=1.29.0
error_page                     2+    http,server,location,location-if
post_action                    1     http,server,location,location-if   once
error_log                      1+    http,server,location
open_file_cache                1-2   http,server,location               once
open_file_cache_valid          1     http,server,location               once
open_file_cache_min_uses       1     http,server,location               once
open_file_cache_errors         flag  http,server,location               once
open_file_cache_events         flag  http,server,location               once
resolver                       1+    http,server,location           once
resolver_timeout               1     http,server,location               once
gzip_vary                      flag  http,server,location               once
gzip_http_version              1     http,server,location               once
gzip_proxied                   1+    http,server,location
gzip_disable                   1+    http,server,location
disable_symlinks               1-2   http,server,location               once
# ngx_http_copy_filter_module
output_buffers                 2     http,server,location               once
# ngx_http_try_files_module
try_files                      2+    server,location                    once
# ngx_http_rewrite_module
rewrite                        2-3   server,server-if,location,location-if
return                         1-2   server,server-if,location,location-if
break                          0     server,server-if,location,location-if
if                             1+    server,location                    block
set                            2     server,server-if,location,location-if
rewrite_log                    flag  http,server,server-if,location,location-if once
uninitialized_variable_warn    flag  http,server,server-if,location,location-if once
# ngx_http_log_module
log_format                     2+    http,server,location               gone=1.7.8
log_format                     2+    http                               since=1.7.8
access_log                     1+    http,server,location,location-if,limit_except
open_log_file_cache            1-4   http,server,location           once
"""

_UPSTREAMS: Final = """
# ngx_http_upstream_module
upstream                       1     http                               block
server                         1+    upstream
resolver                       1+    upstream                       once since=1.27.3
resolver_timeout               1     upstream                           once since=1.27.3
# ngx_http_upstream_hash_module
hash                           1-2   upstream                           since=1.7.2
# ngx_http_upstream_ip_hash_module
ip_hash                        0     upstream
# ngx_http_upstream_keepalive_module
keepalive                      1-2   upstream                      gone=1.9.6
keepalive                      1     upstream                      since=1.9.6 gone=1.29.7
keepalive                      1-2   upstream                      since=1.29.7
keepalive_timeout              1     upstream                           once since=1.15.3
keepalive_requests             1     upstream                           once since=1.15.3
keepalive_time                 1     upstream                           once since=1.19.10
# ngx_http_upstream_least_conn_module
least_conn                     0     upstream
# ngx_http_upstream_random_module
random                         0-2   upstream                           since=1.15.1
# ngx_http_upstream_zone_module
zone                           1-2   upstream                           since=1.9.0
"""

_HTTP2: Final = """
# ngx_http_v2_module
http2_recv_buffer_size         1     http                               once since=1.9.5
http2_pool_size                1     http,server                        once since=1.9.5
http2_max_concurrent_streams   1     http,server                        once since=1.9.5
http2_max_concurrent_pushes    1     http,server                        since=1.13.9
http2_max_requests             1     http,server                        since=1.11.6
http2_max_field_size           1     http,server                        since=1.9.5
http2_max_header_size          1     http,server                        since=1.9.5
http2_body_preread_size        1     http,server                        once since=1.11.0
http2_streams_index_size       1     http,server                        once since=1.9.5
http2_recv_timeout             1     http,server                        since=1.9.5
http2_idle_timeout             1     http,server                        since=1.9.5
http2_chunk_size               1     http,server,location               once since=1.9.5
http2_push_preload             flag  http,server,location               since=1.13.9 gone=1.25.1
http2_push_preload             1     http,server,location               since=1.25.1
http2_push                     1     http,server,location               since=1.13.9
# ngx_http_spdy_module
spdy_recv_buffer_size          1     http                               gone=1.22.0
spdy_pool_size                 1     http,server                        gone=1.22.0
spdy_max_concurrent_streams    1     http,server                        gone=1.22.0
spdy_streams_index_size        1     http,server                        gone=1.22.0
spdy_recv_timeout              1     http,server                        gone=1.22.0
spdy_keepalive_timeout         1     http,server                        gone=1.22.0
spdy_headers_comp              1     http,server                        gone=1.22.0
spdy_chunk_size                1     http,server,location               since=1.5.9 gone=1.22.0
"""

TABLES: Final = (Table(_HTTP), Table(_UPSTREAMS), Table(_HTTP2))
