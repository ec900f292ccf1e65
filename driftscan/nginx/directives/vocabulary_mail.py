"""The words of `mail {}`, which usual builds load from a file.

nginx: the tables named below, 1.18.0 to 1.26.3, and CHANGES from 1.4.0 to 1.31.4. `max_errors` came with
1.21.0 against CVE-2021-3618, and distributions gave it to older releases (Debian's 1.18.0 has it): no release is told
to be without it.
"""

from typing import Final

from driftscan.nginx.directives.core import MAIL_MODULE
from driftscan.nginx.directives.vocabulary_rows import Table

_MAIL: Final = """
# ngx_mail_module
mail                           0     main                               block
# ngx_mail_core_module
server                         0     mail                               block
protocol                       1     mail-server
timeout                        1     mail,mail-server                   once
error_log                      1+    mail,mail-server                   since=1.9.0
resolver                       1+    mail,mail-server               once
resolver_timeout               1     mail,mail-server                   once
max_errors                     1     mail,mail-server                   once
# ngx_mail_auth_http_module
auth_http                      1     mail,mail-server
auth_http_timeout              1     mail,mail-server                   once
auth_http_header               2     mail,mail-server
# ngx_mail_imap_module
imap_client_buffer             1     mail,mail-server                   once
imap_capabilities              1+    mail,mail-server
imap_auth                      1+    mail,mail-server
# ngx_mail_pop3_module
pop3_capabilities              1+    mail,mail-server
pop3_auth                      1+    mail,mail-server
# ngx_mail_proxy_module
proxy                          flag  mail,mail-server                   once
proxy_buffer                   1     mail,mail-server                   once
proxy_timeout                  1     mail,mail-server                   once
proxy_pass_error_message       flag  mail,mail-server                   once
xclient                        flag  mail,mail-server                   once
proxy_smtp_auth                flag  mail,mail-server                   once since=1.19.4
proxy_protocol                 flag  mail,mail-server                   once since=1.19.8 gone=1.31.4
proxy_protocol                 1     mail,mail-server                   once since=1.31.4
# ngx_mail_realip_module
set_real_ip_from               1     mail,mail-server                   since=1.19.8
# ngx_mail_smtp_module
smtp_client_buffer             1     mail,mail-server                   once
smtp_greeting_delay            1     mail,mail-server                   once
smtp_capabilities              1+    mail,mail-server
smtp_auth                      1+    mail,mail-server
"""

TABLES: Final = (Table(_MAIL, module=MAIL_MODULE),)
