"""`driftscan blame`: which commit made each value what it is."""

import fnmatch

import click

from driftscan.cli import options, output, progress
from driftscan.cli.options import Place
from driftscan.drift.blame import blame
from driftscan.drift.query import matches
from driftscan.drift.state import State
from driftscan.errors import DriftscanError
from driftscan.history.observe import Observer
from driftscan.nginx.directives.compared import COMPARED
from driftscan.report import blame_json, blame_text
from driftscan.report.blame import asked, build_blame
from driftscan.report.effective import Detail
from driftscan.tls.endpoints import Endpoint


@click.command("blame")
@click.argument("server")
@click.argument("directive", required=False)
@click.option("--rev", "revision", default="HEAD", show_default=True, metavar="REV", help="The newest commit to count.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Only sockets of this port.")
@click.option("--all", "everything", is_flag=True, help="Every directive, also those left to their default.")
@options.place
@options.formats("text", "json")
@options.color
@options.quiet
@options.strict
def command(
    *,
    server: str,
    directive: str | None,
    revision: str,
    port: int | None,
    everything: bool,
    place: Place,
    form: str,
    color: str,
    quiet: bool,
    strict: bool,
) -> int:
    """Since which commit each value is in force for the clients of SERVER, and which one wrote its line.

    The two differ where an old line came into force by another default server, an include, a link or an upgrade. SERVER
    is a name, an address or a shell glob, as for --server elsewhere; DIRECTIVE is a name or a glob.
    """
    wanted = None if directive is None else _directives(directive)
    with progress.opened(place.directory, quiet=quiet) as repository:
        commit = repository.resolve(revision)
        options.tell(f"range: the whole history of {commit[:12]} ({revision})", quiet=quiet)
        observer = Observer(repository.read, place.versions)
        found = blame(repository, commit, observer, place.layout, wanted)
        endpoints = _wanted(found.state, server, port, revision)
        told = asked(found, endpoints, wanted, Detail.EVERYTHING if everything else Detail.CHOSEN)
    if not any(blamed for _, blamed in told):
        version = found.state.platform.nginx.version
        raise DriftscanError(f"{directive}: nginx {version} has no such directive for {server}; leave it out")
    title = f"{commit[:12]} ({revision})"
    if form == "json":
        output.emit(blame_json.render(found, revision, told))
    else:
        output.emit(blame_text.render(build_blame(found, title, told), output.palette(color)))
    return output.exit_code(found.state.gaps, (), strict=strict, fail_on_findings=False)


def _directives(glob: str) -> frozenset[str]:
    known = {name for declarations in COMPARED.values() for name in declarations}
    found = frozenset(name for name in known if fnmatch.fnmatchcase(name, glob))
    if not found:
        raise DriftscanError(f"{glob}: driftscan knows no such directive; `driftscan effective --all` lists them")
    return found


def _wanted(state: State, server: str, port: int | None, revision: str) -> list[Endpoint]:
    found = [
        endpoint
        for endpoint in state.endpoints.values()
        if port in {None, endpoint.socket.address.port}
        and matches(server, endpoint.name, *endpoint.server.names, str(endpoint.socket.address))
    ]
    if not found:
        where = "" if port is None else f" on port {port}"
        raise DriftscanError(
            f"{server}: no server answers TLS for it{where} at {revision}; `driftscan effective` lists those that do, "
            f"`driftscan log --server` what became of others"
        )
    return found
