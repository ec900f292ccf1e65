"""The text, directive by directive, in nginx's order (ngx_conf_parse), up to the first thing that it refuses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Gap, GapKind, Hole, MainConfig, Node
from driftscan.nginx.directives import DECLARATIONS
from driftscan.nginx.directives.base import AnyDeclaration, Family, Repetition, fact
from driftscan.nginx.directives.forms import Context
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES
from driftscan.nginx.directives.values import Occurrences, Refusal, check_variables, decimal, full_name
from driftscan.nginx.directives.vocabulary import ONCE
from driftscan.nginx.files import NamedFile, Presence
from driftscan.nginx.loadtest import commands, locations, names
from driftscan.nginx.loadtest.kept import Act, Kept
from driftscan.nginx.loadtest.listening import Listening
from driftscan.nginx.loadtest.targets import PASSING, Targets
from driftscan.nginx.loadtest.verdict import Notes
from driftscan.nginx.zones import ZoneDeclaration, ZoneUser, conflict, declared, is_zone, refused, used

_FAMILY: Final[Mapping[Context, Family]] = {
    Context.HTTP: Family.HTTP,
    Context.SERVER: Family.HTTP,
    Context.SERVER_IF: Family.HTTP,
    Context.LOCATION: Family.HTTP,
    Context.LOCATION_IF: Family.HTTP,
    Context.LIMIT_EXCEPT: Family.HTTP,
    Context.UPSTREAM: Family.HTTP,
    Context.STREAM: Family.STREAM,
    Context.STREAM_SERVER: Family.STREAM,
    Context.STREAM_UPSTREAM: Family.STREAM,
    Context.MAIL: Family.MAIL,
    Context.MAIL_SERVER: Family.MAIL,
}
_BLOCKS: Final = frozenset(family.value for family in Family)
_SERVERS: Final = frozenset({Context.SERVER, Context.STREAM_SERVER, Context.MAIL_SERVER})
_DECLARED: Final[Mapping[Family, Mapping[str, AnyDeclaration]]] = {
    family: {
        **DECLARATIONS[family],
        **{
            name: found for side in UPSTREAM_SIDES if side.family is family for name, found in side.declarations.items()
        },
    }
    for family in Family
}
_LISTS_SAY_EMERG: Final = NginxVersion(1, 11, 0)
"""Before, a word that a list does not know was called a warning, and refused all the same."""
_SSL_DEPRECATED: Final = NginxVersion(1, 15, 0)
_NOT_TWICE: Final[Mapping[tuple[Context, str], NginxVersion]] = {
    (Context.MAIN, "http"): NginxVersion(1, 9, 3),
    (Context.MAIN, "events"): NginxVersion(0, 1, 0),
    (Context.MAIN, "stream"): NginxVersion(1, 9, 0),
    (Context.MAIN, "mail"): NginxVersion(1, 9, 3),
    (Context.STREAM_SERVER, "return"): NginxVersion(1, 11, 2),
    (Context.LOCATION, "internal"): NginxVersion(0, 1, 0),
    (Context.LOCATION, "limit_except"): NginxVersion(0, 1, 0),
}
"""What may stand once here, if not everywhere, and since when a second one is refused."""

_PASSES_WHOLE: Final = frozenset({Context.LOCATION_IF, Context.LIMIT_EXCEPT})
_LARGEST_STATUS: Final = 999
_MAIL_PROTOCOLS: Final = frozenset({"imap", "pop3", "smtp"})
_UPSTREAMS: Final = frozenset({Context.UPSTREAM, Context.STREAM_UPSTREAM})

Finished = Callable[[Directive, Family, Targets], None]
"""What nginx does at the end of `http {}`, `stream {}` or `mail {}`, before it reads on."""


@dataclass(slots=True)
class Reading:
    """One pass over the text of one nginx."""

    main: MainConfig
    platform: Platform
    named: Mapping[str, NamedFile]
    notes: Notes
    finished: Finished
    kept: Kept
    _listening: Listening = field(init=False)
    _zones: dict[str, ZoneDeclaration] = field(default_factory=dict)
    _users: list[ZoneUser] = field(default_factory=list)
    _targets: Targets = field(init=False)
    _around: list[locations.Location | None] = field(default_factory=list)
    """The locations around the place, the innermost last."""
    _holes: bool = False
    _servers: int = 0
    _acts: list[Act] = field(default_factory=list)
    """What the server that is read does beyond its own block."""
    _said: int = 0
    """How many notes such acts made."""

    def __post_init__(self) -> None:
        """Begin with no address taken."""
        self._listening = Listening(self.platform, self.notes)
        self._targets = Targets(self.notes)

    def read(self) -> None:
        """Read everything, and what nginx checks when it has: zones, and that there is an `events` block."""
        self._block(self.main.nodes, Context.MAIN)
        if self._holes:
            return
        if not any(isinstance(node, Directive) and node.name == "events" for node in self.main.nodes):
            self.notes.refuse('no "events" section in configuration', placed=False)
        for user in self._users:
            if user.zone not in self._zones:
                self.notes.refuse(f'zero size shared memory zone "{user.zone}"', user.at, placed=False)

    def _block(self, nodes: Iterable[Node], context: Context, server: int | None = None) -> None:
        seen: dict[str, set[str]] = {}
        for node in nodes:
            match node:
                case Hole(gap):
                    self._act("_hole", gap)
                case Directive():
                    if commands.check(node, context, self.platform.nginx.version, self.notes):
                        self._directive(node, context, server, seen)
                        seen.setdefault(node.name, set())

    def _hole(self, gap: Gap) -> None:
        if gap.says is None:
            self._holes = True
            self.notes.grant(gap.path)
            if gap.kind is GapKind.UNPARSABLE:
                self.notes.doubt(f"{gap.path}: {gap.reason}", gap.at)
            return
        directory = gap.kind is GapKind.DIRECTORY
        self.notes.refuse(gap.says, gap.at, level="crit" if directory else "emerg", placed=not directory)

    def _directive(self, node: Directive, context: Context, server: int | None, seen: dict[str, set[str]]) -> None:
        """What the directive's own handler does."""
        family = _FAMILY.get(context)
        self._repeated(node, context, family, seen)
        commands.check_flag(node, context, self.platform.nginx.version, self.notes)
        declaration = None if family is None else _DECLARED[family].get(node.name)
        if declaration is not None:
            self._value(node, declaration)
            if fact(declaration.repetition, self.platform) is Repetition.UNION:
                self._twice(node, seen)
        if family is not None:
            if is_zone(node):
                self._act("_zone", node, family)
            self._handler(node, context, family, server)
        if node.name == "location":
            self._location(node, context, server)
        elif node.block is not None:
            self._inside(node, context, server)

    def _handler(self, node: Directive, context: Context, family: Family, server: int | None) -> None:
        match node.name:
            case "listen" if context in _SERVERS and server is not None:
                self._act("_listen", node, family)
            case "server_name" if family is not Family.MAIL:
                names.check_written(node, self.notes)
            case "ssl" if self.platform.nginx.version >= _SSL_DEPRECATED:
                instead = 'use the "listen ... ssl" directive instead'
                self.notes.warn(f'the "ssl" directive is deprecated, {instead}', node.read_at)
            case "upstream":
                self._targets.create(node, family)
            case "server" if context in _UPSTREAMS:
                self._targets.server(node, family)
            case "add_header" | "add_trailer":
                if len(node.args) > 2 and node.args[2] != "always":
                    self.notes.refuse(f'invalid parameter "{node.args[2]}"', node.read_at)
                self._variables(node.args[1], node)
            case "return" if family is Family.HTTP:
                self._return(node)
            case passing if passing in PASSING:
                inside = next(reversed(self._around), None)
                nowhere = inside is not None and inside.kind in {locations.Kind.REGULAR, locations.Kind.NAMED}
                self._act("_passed", node, family, nowhere or context in _PASSES_WHOLE)
            case "protocol" if node.args[0] not in _MAIL_PROTOCOLS:
                self.notes.refuse(f'unknown protocol "{node.args[0]}"', node.read_at)
            case password if password.endswith("ssl_password_file"):
                self._act("_password_file", node)
            case _:
                pass

    def _listen(self, node: Directive, family: Family) -> None:
        self._listening.add(node, family, self._servers)

    def _passed(self, node: Directive, family: Family, whole: bool) -> None:
        self._targets.passed(node, family, whole=whole)

    def _location(self, node: Directive, context: Context, server: int | None) -> None:
        around = self._around[-1] if context is Context.LOCATION and self._around else None
        self._around.append(locations.check_written(node, around, self.notes))
        self._inside(node, context, server)
        self._around.pop()

    def _return(self, node: Directive) -> None:
        """A status of three digits, an address, or both."""
        code, *text = node.args
        status = decimal(code)
        address = not text and code.startswith(("http://", "https://", "$scheme"))
        if not address and (status is None or status > _LARGEST_STATUS):
            self.notes.refuse(f'invalid return code "{code}"', node.read_at)
        self._variables(code if address else "".join(text[:1]), node)

    def _variables(self, word: str, node: Directive) -> None:
        try:
            check_variables(word)
        except Refusal as refusal:
            self.notes.refuse(refusal.text(node.name), node.read_at)

    def _inside(self, node: Directive, context: Context, server: int | None) -> None:
        inner = commands.inside(node, context)
        if inner is None:
            return
        family = _FAMILY.get(inner)
        if inner in _SERVERS and family is not None:
            self._server(node, inner, family)
            return
        self._block(node.inside(), inner, server)
        if inner in _UPSTREAMS:
            self._targets.closed(node)
        elif node.name in _BLOCKS and context is Context.MAIN:
            self.finished(node, Family(node.name), self._targets)

    def _server(self, node: Directive, context: Context, family: Family) -> None:
        """A server, which is known already if its block is one that had nothing to say."""
        # Two servers may stand on one line, or in a file that is included twice: they are told apart by number.
        self._servers += 1
        known = self.kept.acts(node, self.main.prefix)
        if known is not None:
            for name, arguments in known:
                getattr(self, name)(*arguments)
            return
        self._acts, self._said, before = [], 0, self.notes.count
        self._block(node.inside(), context, self._servers)
        self._act("_server_read", node, family)
        if self.notes.count - before == self._said:
            self.kept.keep(node, self.main.prefix, tuple(self._acts))

    def _act(self, name: str, *arguments: object) -> None:
        """Do something that reaches beyond the block, and note that it was done."""
        before = self.notes.count
        getattr(self, name)(*arguments)
        self._acts.append((name, arguments))
        self._said += self.notes.count - before

    def _server_read(self, node: Directive, family: Family) -> None:
        """At the closing brace of a server."""
        if any(isinstance(inner, Hole) or inner.name == "listen" for inner in node.inside()):
            return
        if family is Family.HTTP:
            self._listening.add_implicit(self._servers, node)
        else:
            self.notes.refuse('no "listen" is defined for server', node.read_at)

    def _repeated(self, node: Directive, context: Context, family: Family | None, seen: dict[str, set[str]]) -> None:
        if node.name not in seen:
            return
        version = self.platform.nginx.version
        text = f'"{node.name}" directive is duplicate'
        declaration = None if family is None else _DECLARED[family].get(node.name)
        if declaration is not None:
            if fact(declaration.repetition, self.platform) is Repetition.FATAL:
                self.notes.refuse(text, node.read_at, by_release=len(declaration.repetition) > 1)
        elif node.name in ONCE or version >= _NOT_TWICE.get((context, node.name), _NEVER):
            self.notes.refuse(text, node.read_at)

    def _value(self, node: Directive, declaration: AnyDeclaration) -> None:
        version = self.platform.nginx.version
        for word in node.args:
            since = declaration.words.get(word.lower())
            if since is not None and version < NginxVersion.parse(since):
                level = "warn" if version < _LISTS_SAY_EMERG else "emerg"
                self.notes.refuse(f'invalid value "{word}"', node.read_at, level=level, by_release=True)
        try:
            declaration.read(Occurrences((node.args,), self.main.prefix))
        except Refusal as refusal:
            text = refusal.text(node.name)
            of_a_list = text.startswith('invalid value "') and " it must be " not in text
            level = "warn" if of_a_list and version < _LISTS_SAY_EMERG else "emerg"
            self.notes.refuse(text, node.read_at, level=level)

    def _twice(self, node: Directive, seen: dict[str, set[str]]) -> None:
        """A word that is in the set already is only warned of, wherever in the block it was said before."""
        met = seen.setdefault(node.name, set())
        for word in node.args:
            if word.lower() in met:
                self.notes.warn(f'duplicate value "{word}"', node.read_at)
            met.add(word.lower())

    def _zone(self, node: Directive, family: Family) -> None:
        text = refused(node)
        if text is not None:
            self.notes.refuse(text, node.read_at)
        for zone in declared(node, family):
            found = conflict(self._zones.setdefault(zone.name, zone), zone)
            if found is not None:
                self.notes.refuse(found.message, node.read_at)
        self._users.extend(used(node))

    def _password_file(self, node: Directive) -> None:
        """Opened while it is read, also for a server that never uses it."""
        path = full_name(node.args[0], self.main.prefix)
        if not path:
            self.notes.refuse(f'read() "{self.main.prefix}/" failed (21: Is a directory)', node.read_at)
        found = self.named.get(path)
        if found is not None and found.presence is Presence.ABSENT:
            self.notes.refuse(f'open() "{path}" failed (2: No such file or directory)', node.read_at)
        if found is not None and found.presence is Presence.DIRECTORY:
            self.notes.refuse(f'read() "{path}" failed (21: Is a directory)', node.read_at)


_NEVER: Final = NginxVersion(9_999, 0, 0)
