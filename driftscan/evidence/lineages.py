"""certbot's certificates as the servers of a state use them."""

from collections.abc import Iterator, Mapping

from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.host.certbot_files import duplicates
from driftscan.host.lineages import Lineage
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Directive, Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import listed, own_certificate


def lineages_of(server: Server, state: State) -> Iterator[Lineage]:
    """The lineages whose certificates a server names; it need not speak TLS."""
    for path in server[SSL_CERTIFICATE].value or ():
        lineage = state.host.lineage_of(path)
        if lineage is not None:
            yield lineage


def in_use(state: State) -> Mapping[str, tuple[Server, ...]]:
    """The servers that speak TLS with a lineage's certificate, by lineage."""
    found: dict[str, list[Server]] = {}
    for server in state.servers if state.host.lineages else ():
        for lineage in lineages_of(server, state) if state.tls_addresses(server) else ():
            found.setdefault(lineage.name, []).append(server)
    return {name: tuple(dict.fromkeys(servers)) for name, servers in found.items()}


def called(servers: tuple[Server, ...], state: State) -> str:
    """Some servers in a sentence."""
    return listed(str(server_subject(server, state)) for server in servers)


def first_line(path: str) -> Location:
    """The place of a file of which no line matters: a link, a certificate, one that is gone."""
    return Location(path, 1)


def certificate(lineage: Lineage, state: State) -> tuple[Certificate, Location] | None:
    """The certificate that a lineage has now, and its file; `None` where nothing names or tells it."""
    for kind in ("fullchain", "cert"):
        file = state.config.named.get(f"{state.host.root}/letsencrypt/live/{lineage.name}/{kind}.pem")
        held = None if file is None else own_certificate(file)
        if file is not None and file.path is not None and held is not None:
            return held, first_line(file.path)
    return None


def successor(name: str, state: State) -> str | None:
    """The lineage of the same first name that certbot renews, where it does not renew this one."""
    lineages = state.host.lineages
    own = lineages.get(name)
    if own is not None and own.renewal is not None:
        return None
    others = (other for other in lineages.values() if duplicates(other.name) == duplicates(name))
    # The newest of several has the highest number.
    return max((other.name for other in others if other.renewal is not None), default=None)


def said(lineage: Lineage | None, parameter: str) -> str:
    """A parameter of a lineage's renewal; empty where it is not set, or set to nothing."""
    value = None if lineage is None or lineage.renewal is None else lineage.renewal.params.get(parameter)
    return "" if value is None or value.text == "None" else value.text


def including(path: str, state: State) -> Mapping[str, Location]:
    """The servers that speak TLS and include a file, in words, with the first directive that comes from it."""
    found: dict[str, Location] = {}
    for server in state.servers if path in state.config.files else ():
        lines = [node.at for node in server.block if isinstance(node, Directive) and node.at.path == path]
        if lines and state.tls_addresses(server):
            found.setdefault(str(server_subject(server, state)), min(lines))
    return found
