"""The words of the main context and of `events {}`.

nginx: ngx_core_commands, ngx_event_core_commands and their like, 1.4.4 and 1.18.0 to 1.26.3; the methods of other
systems than Linux are modules that usual builds are without. `include` is in the mask NGX_ANY_CONF, which took
upstreams in with 1.9.8 and `if` and `limit_except` with 1.17.0.
"""

from typing import Final

from driftscan.nginx.directives.vocabulary_rows import Table

_MAIN: Final = """
# ngx_core_module
daemon                         flag  main                               once
master_process                 flag  main                               once
timer_resolution               1     main                               once
pid                            1     main                               once
lock_file                      1     main                               once
worker_processes               1     main                               once
debug_points                   1     main                               once
user                           1-2   main                               once
worker_priority                1     main                           once
worker_cpu_affinity            1+    main                           once
worker_rlimit_nofile           1     main                               once
worker_rlimit_core             1     main                               once
worker_shutdown_timeout        1     main                               once since=1.11.11
working_directory              1     main                               once
env                            1     main
load_module                    1     main                               since=1.9.11
# ngx_conf_module
include                        1     main,events,http,server,location
include                        1     stream,stream-server,stream-upstream,mail,mail-server
include                        1     upstream                           since=1.9.8
include                        1     server-if,location-if,limit_except since=1.17.0
# ngx_errlog_module
error_log                      1+    main
# ngx_regex_module
pcre_jit                       flag  main                               once
# ngx_thread_pool_module
thread_pool                    2-3   main                               since=1.7.11
"""

_EVENTS: Final = """
# ngx_events_module, ngx_event_core_module
events                         0     main                               block
worker_connections             1     events                             once
use                            1     events                             once
multi_accept                   flag  events                             once
accept_mutex                   flag  events                             once
accept_mutex_delay             1     events                             once
debug_connection               1     events
# ngx_epoll_module
epoll_events                   1     events                             once
worker_aio_requests            1     events                             once
"""

_KQUEUE: Final = """
kqueue_changes                 1     events                             once
kqueue_events                  1     events                             once
"""

_DEVPOLL: Final = """
devpoll_changes                1     events                             once
devpoll_events                 1     events                             once
"""

_EVENTPORT: Final = """
eventport_events               1     events                             once
"""

_IOCP: Final = """
iocp_threads                   1     events                             once
post_acceptex                  1     events                             once
acceptex_read                  flag  events                             once
"""

_QUIC_BPF: Final = """
quic_bpf                       flag  main                               once
"""

_PERFTOOLS: Final = """
google_perftools_profiles      1     main                               once
"""

TABLES: Final = (
    Table(_MAIN),
    Table(_EVENTS),
    Table(_KQUEUE, module="ngx_kqueue_module"),
    Table(_DEVPOLL, module="ngx_devpoll_module"),
    Table(_EVENTPORT, module="ngx_eventport_module"),
    Table(_IOCP, module="ngx_iocp_module"),
    Table(_QUIC_BPF, module="ngx_quic_bpf_module", since="1.25.0"),
    Table(_PERFTOOLS, module="ngx_google_perftools_module"),
)
