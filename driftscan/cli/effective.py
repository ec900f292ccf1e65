"""`driftscan effective`: what is in force in one state."""

import fnmatch

import click

from driftscan.cli import options, output
from driftscan.cli.options import Place
from driftscan.cli.states import open_state
from driftscan.drift.query import matches
from driftscan.drift.state import State
from driftscan.errors import DriftscanError
from driftscan.nginx.directives.compared import COMPARED
from driftscan.report import json, text
from driftscan.report.effective import Detail, build_effective
from driftscan.tls.endpoints import Endpoint, asked_for


@click.command("effective")
@click.argument("state", default="HEAD", metavar="[REV|DIR|DUMP|-]")
@options.place
@click.option("--server", metavar="GLOB", help="Only servers with such a name or address.")
@click.option("--sni", metavar="NAME", help="What a client meets that asks for this name, known or not; '' for none.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Only sockets of this port.")
@click.option("--directive", metavar="GLOB", help="Only such directives.")
@click.option("--all", "everything", is_flag=True, help="Every directive, also those left to their default.")
@options.formats("text", "json")
@options.color
@options.quiet
@options.strict
def command(
    *,
    state: str,
    place: Place,
    server: str | None,
    sni: str | None,
    port: int | None,
    directive: str | None,
    everything: bool,
    form: str,
    color: str,
    quiet: bool,
    strict: bool,
) -> int:
    """The TLS settings in force, each with who decides it and the line it is written on.

    The state is a revision (`@{2026-01-31}` among them), a directory (a copy of /etc, or with --conf the prefix of any
    nginx), a file that `nginx -T` was written to, or `-` for what it prints: `nginx -T | driftscan effective -`.
    """
    found = open_state(state, place)
    options.tell(f"range: {found.name}", quiet=quiet)
    endpoints = _wanted(found.state, server, sni, port)
    directives = None
    if directive is not None:
        known = sorted({name for declarations in COMPARED.values() for name in declarations})
        directives = [name for name in known if fnmatch.fnmatchcase(name, directive)]
        if not directives:
            raise DriftscanError(f"--directive {directive}: driftscan knows no such directive")
    if not endpoints and sni is not None:
        options.tell(_nobody(found.state, port), quiet=quiet)
    if form == "json":
        output.emit(json.effective(found.state, endpoints, directives))
    else:
        detail = Detail.EVERYTHING if everything else Detail.CHOSEN
        rows = build_effective(found.state, found.name, endpoints, directives, detail)
        output.emit(text.effective(rows, output.palette(color)))
    return output.exit_code(found.state.gaps, (), strict=strict, fail_on_findings=False)


def _nobody(state: State, port: int | None) -> str:
    """Why a client that asks for a name meets no TLS."""
    plain = [str(socket.address) for socket in state.sockets if port in {None, socket.address.port}]
    where = "nginx listens nowhere" if port is None else f"nginx does not listen on port {port}"
    return f"no TLS: only without it on {', '.join(plain)}" if plain else f"no TLS: {where}"


def _wanted(state: State, server: str | None, sni: str | None, port: int | None) -> list[Endpoint]:
    endpoints = list(state.endpoints.values()) if sni is None else list(asked_for(state.sockets, sni))
    if port is not None:
        endpoints = [endpoint for endpoint in endpoints if endpoint.socket.address.port == port]
    if server is not None:
        endpoints = [
            endpoint
            for endpoint in endpoints
            if matches(server, endpoint.name, *endpoint.server.names, str(endpoint.socket.address))
        ]
    return endpoints
