"""HTTP/3 and QUIC (1.25.0+, ngx_http_v3_module): what counts on sockets whose `listen` says `quic`.

The whole QUIC connection runs with the configuration of the default server, because ngx_http_v3_init_stream starts it
before any name is known; `http3` and `http3_hq` are asked for later, when the protocol is chosen (ALPN), and are those
of the server that SNI selected. All of this is read in the source, none of it observed.
"""

from driftscan.nginx.directives.base import AnyDeclaration, Decider, Declaration, always
from driftscan.nginx.directives.forms import Form, form
from driftscan.nginx.directives.values import Measure, flag, number, path, size

_SNI = always(Decider.SNI_SERVER)
_CONNECTION = always(Decider.DEFAULT_SERVER)


def _forms(arguments: str) -> tuple[Form, ...]:
    return (form(arguments, "http server", since="1.25.0", module="ngx_http_v3_module"),)


HTTP3: tuple[AnyDeclaration, ...] = (
    Declaration("http3", flag, default=always(True), decider=_SNI, forms=_forms("flag")),
    Declaration("http3_hq", flag, default=always(False), decider=_SNI, forms=_forms("flag")),
    Declaration("http3_max_concurrent_streams", number, default=always(128), decider=_CONNECTION, forms=_forms("1")),
    Declaration(
        "http3_stream_buffer_size",
        size,
        default=always(Measure(65536, "64k")),
        decider=_CONNECTION,
        forms=_forms("1"),
    ),
    Declaration("quic_active_connection_id_limit", number, default=always(2), decider=_CONNECTION, forms=_forms("1")),
    Declaration("quic_gso", flag, default=always(False), decider=_CONNECTION, forms=_forms("flag")),
    # Without one, nginx makes up a key whenever it starts or reloads.
    Declaration("quic_host_key", path, default=always(None), decider=_CONNECTION, forms=_forms("1")),
    Declaration("quic_retry", flag, default=always(False), decider=_CONNECTION, forms=_forms("flag")),
)
