"""The words of http modules that serve, filter or guard.

nginx: the tables named below, 1.18.0 to 1.26.3, and CHANGES from 1.4.0 to 1.31.4. Modules that Debian builds in count
as usual, though a plain `./configure` leaves some of them out.
"""

from typing import Final

from driftscan.nginx.directives.vocabulary_rows import Table

_HTTP: Final = """
# ngx_http_access_module
allow                          1     http,server,location,limit_except
deny                           1     http,server,location,limit_except
# ngx_http_addition_filter_module
add_before_body                1     http,server,location               once
add_after_body                 1     http,server,location               once
addition_types                 1+    http,server,location
# ngx_http_auth_basic_module
auth_basic                     1     http,server,location,limit_except  once
auth_basic_user_file           1     http,server,location,limit_except  once
# ngx_http_auth_request_module
auth_request                   1     http,server,location               once since=1.5.4
auth_request_set               2     http,server,location               since=1.5.4
# ngx_http_autoindex_module
autoindex                      flag  http,server,location               once
autoindex_format               1     http,server,location               once since=1.7.9
autoindex_localtime            flag  http,server,location               once
autoindex_exact_size           flag  http,server,location               once
# ngx_http_browser_module
modern_browser                 1-2   http,server,location
ancient_browser                1+    http,server,location
modern_browser_value           1     http,server,location
ancient_browser_value          1     http,server,location
# ngx_http_charset_filter_module
charset                        1     http,server,location,location-if   once
source_charset                 1     http,server,location,location-if   once
override_charset               flag  http,server,location,location-if   once
charset_types                  1+    http,server,location
charset_map                    2     http                               block free
# ngx_http_dav_module
dav_methods                    1+    http,server,location
create_full_put_path           flag  http,server,location               once
min_delete_depth               1     http,server,location               once
dav_access                     1-3   http,server,location               once
# ngx_http_empty_gif_module
empty_gif                      0     location
# ngx_http_flv_module
flv                            0     location
# ngx_http_geo_module
geo                            1-2   http                               block free
# ngx_http_gunzip_filter_module
gunzip                         flag  http,server,location               once
gunzip_buffers                 2     http,server,location               once
# ngx_http_gzip_filter_module
gzip                           flag  http,server,location,location-if   once
gzip_buffers                   2     http,server,location               once
gzip_types                     1+    http,server,location
gzip_comp_level                1     http,server,location               once
gzip_window                    1     http,server,location               once
gzip_hash                      1     http,server,location               once
postpone_gzipping              1     http,server,location               once
gzip_no_buffer                 flag  http,server,location               once
gzip_min_length                1     http,server,location               once
# ngx_http_gzip_static_module
gzip_static                    1     http,server,location               once
# ngx_http_headers_filter_module
expires                        1-2   http,server,location,location-if   once
# ngx_http_index_module
index                          1+    http,server,location
# ngx_http_limit_conn_module
limit_conn_zone                2     http
limit_conn                     2     http,server,location
limit_conn_log_level           1     http,server,location               once
limit_conn_status              1     http,server,location               once
limit_conn_dry_run             flag  http,server,location               once since=1.17.6
# ngx_http_limit_req_module
limit_req_zone                 3     http
limit_req                      1-3   http,server,location
limit_req_log_level            1     http,server,location               once
limit_req_status               1     http,server,location               once
limit_req_dry_run              flag  http,server,location               once since=1.17.1
# ngx_http_limit_zone_module
limit_zone                     3     http                               gone=1.7.6
# ngx_http_map_module
map                            2     http                               block free
map_hash_max_size              1     http                               once
map_hash_bucket_size           1     http                               once
# ngx_http_mirror_module
mirror                         1     http,server,location               since=1.13.4
mirror_request_body            flag  http,server,location               once since=1.13.4
# ngx_http_mp4_module
mp4                            0     location
mp4_buffer_size                1     http,server,location               once
mp4_max_buffer_size            1     http,server,location               once
mp4_start_key_frame            flag  http,server,location               once since=1.21.4
# ngx_http_random_index_module
random_index                   flag  location                           once
# ngx_http_realip_module
set_real_ip_from               1     http,server,location
real_ip_header                 1     http,server,location               once
real_ip_recursive              flag  http,server,location               once
# ngx_http_referer_module
valid_referers                 1+    server,location
referer_hash_max_size          1     server,location                    once
referer_hash_bucket_size       1     server,location                    once
# ngx_http_secure_link_module
secure_link                    1     http,server,location               once
secure_link_md5                1     http,server,location               once
secure_link_secret             1     http,server,location               once
# ngx_http_slice_filter_module
slice                          1     http,server,location               once since=1.9.8
# ngx_http_split_clients_module
split_clients                  2     http                               block free
# ngx_http_ssi_filter_module
ssi                            flag  http,server,location,location-if   once
ssi_silent_errors              flag  http,server,location               once
ssi_ignore_recycled_buffers    flag  http,server,location               once
ssi_min_file_chunk             1     http,server,location               once
ssi_value_length               1     http,server,location               once
ssi_types                      1+    http,server,location
ssi_last_modified              flag  http,server,location               once since=1.5.1
# ngx_http_stub_status_module
stub_status                    1     server,location                    gone=1.7.5
stub_status                    0-1   server,location                    since=1.7.5
# ngx_http_sub_filter_module
sub_filter                     2     http,server,location
sub_filter_types               1+    http,server,location
sub_filter_once                flag  http,server,location               once
sub_filter_last_modified       flag  http,server,location               once since=1.5.1
# ngx_http_userid_filter_module
userid                         1     http,server,location               once
userid_service                 1     http,server,location               once
userid_name                    1     http,server,location               once
userid_domain                  1     http,server,location               once
userid_path                    1     http,server,location               once
userid_expires                 1     http,server,location               once
userid_p3p                     1     http,server,location               once
userid_mark                    1     http,server,location               once
userid_flags                   1-3   http,server,location               since=1.19.3
"""

_DEGRADATION: Final = """
degradation                    1     http
degrade                        1     http,server,location               once
"""

_GEOIP: Final = """
geoip_country                  1-2   http
geoip_org                      1-2   http
geoip_city                     1-2   http
geoip_proxy                    1     http
geoip_proxy_recursive          flag  http                               once
"""

_IMAGE: Final = """
image_filter                   1-3   location
image_filter_jpeg_quality      1     http,server,location
image_filter_webp_quality      1     http,server,location               since=1.11.6
image_filter_sharpen           1     http,server,location
image_filter_transparency      flag  http,server,location               once
image_filter_interlace         flag  http,server,location               once
image_filter_buffer            1     http,server,location               once
"""

_PERL: Final = """
perl_modules                   1     http
perl_require                   1     http
perl                           1     location,limit_except
perl_set                       2     http
"""

_XSLT: Final = """
xml_entities                   1     http,server,location
xslt_stylesheet                1+    location
xslt_param                     2     http,server,location
xslt_string_param              2     http,server,location
xslt_types                     1+    http,server,location
xslt_last_modified             flag  http,server,location               once since=1.5.1
xml_external_entities          flag  http,server,location               once since=1.31.3
"""

TABLES: Final = (
    Table(_HTTP),
    Table(_DEGRADATION, module="ngx_http_degradation_module"),
    Table(_GEOIP, module="ngx_http_geoip_module"),
    Table(_IMAGE, module="ngx_http_image_filter_module"),
    Table(_PERL, module="ngx_http_perl_module"),
    Table(_XSLT, module="ngx_http_xslt_filter_module"),
)
