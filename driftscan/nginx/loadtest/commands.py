"""Is the directive known, allowed here, and has it the right number of arguments? ngx_conf_handler of one release.

nginx asks the command tables of all its modules for a name. Where one has it for this context, that one decides about
a missing or superfluous block and about the number of arguments; where only other contexts have it, it is not allowed
here. A name that no table of nginx has may be another module's, unless no module could be called so.
"""

import re
from collections.abc import Mapping
from typing import Final

from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive
from driftscan.nginx.directives import FORMS
from driftscan.nginx.directives.forms import Context, Form
from driftscan.nginx.directives.vocabulary import FREE, PLUS, VOCABULARY
from driftscan.nginx.loadtest.verdict import Notes

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
"""How every module of nginx and everybody else's calls its directives."""

INSIDE: Final[Mapping[tuple[Context, str], Context]] = {
    (Context.MAIN, "events"): Context.EVENTS,
    (Context.MAIN, "http"): Context.HTTP,
    (Context.MAIN, "stream"): Context.STREAM,
    (Context.MAIN, "mail"): Context.MAIL,
    (Context.HTTP, "server"): Context.SERVER,
    (Context.HTTP, "upstream"): Context.UPSTREAM,
    (Context.SERVER, "location"): Context.LOCATION,
    (Context.SERVER, "if"): Context.SERVER_IF,
    (Context.LOCATION, "location"): Context.LOCATION,
    (Context.LOCATION, "if"): Context.LOCATION_IF,
    (Context.LOCATION, "limit_except"): Context.LIMIT_EXCEPT,
    (Context.STREAM, "server"): Context.STREAM_SERVER,
    (Context.STREAM, "upstream"): Context.STREAM_UPSTREAM,
    (Context.MAIL, "server"): Context.MAIL_SERVER,
}
"""The context inside a block, by the context it stands in. Other blocks hold words of their own."""


def forms_of(name: str) -> tuple[Form, ...]:
    """Every table entry of a directive, of all releases."""
    return FORMS.get(name, ()) + VOCABULARY.get(name, ())


def check(directive: Directive, context: Context, nginx: NginxVersion, notes: Notes) -> bool:
    """Whether nginx goes on to the directive's own handler; `False` where nothing can be said about it."""
    name, at = directive.name, directive.read_at
    entries = forms_of(name)
    if not entries:
        if _NAME.fullmatch(name) is None:
            notes.refuse(f'unknown directive "{name}"', at)
        whose = "a directive of NGINX Plus" if name in PLUS else "no directive of nginx itself"
        notes.doubt(f'"{name}" is {whose}; without the module that has it: unknown directive "{name}"', at)
        return False
    present = [entry for entry in entries if _in_release(entry, nginx)]
    if not present:
        notes.refuse(f'unknown directive "{name}"', at, by_release=True)
        return False
    here = [entry for entry in present if context in entry.contexts]
    if not here:
        elsewhen = any(context in entry.contexts for entry in entries)
        notes.refuse(f'"{name}" directive is not allowed here', at, by_release=elsewhen)
        return False
    if not any(entry.block == (directive.block is not None) for entry in here):
        text = (
            f'directive "{name}" has no opening "{{"'
            if here[0].block
            else f'directive "{name}" is not terminated by ";"'
        )
        notes.refuse(text, at)
    if not any(entry.arguments.allows(len(directive.args)) for entry in here):
        allowed = any(context in entry.contexts and entry.arguments.allows(len(directive.args)) for entry in entries)
        notes.refuse(f'invalid number of arguments in "{name}" directive', at, by_release=allowed)
        return False
    return True


def check_flag(directive: Directive, context: Context, nginx: NginxVersion, notes: Notes) -> None:
    """Is the word of a flag `on` or `off`? Before that nginx asks whether it was said already."""
    entries = [entry for entry in forms_of(directive.name) if context in entry.contexts and _in_release(entry, nginx)]
    if all(entry.arguments.flag for entry in entries) and directive.args[0].lower() not in {"on", "off"}:
        text = f'invalid value "{directive.args[0]}" in "{directive.name}" directive, it must be "on" or "off"'
        notes.refuse(text, directive.read_at)


def inside(directive: Directive, context: Context) -> Context | None:
    """The context inside a block; `None` where nginx looks up no directives in it."""
    return None if directive.name in FREE else INSIDE.get((context, directive.name))


def _in_release(entry: Form, nginx: NginxVersion) -> bool:
    since, gone = NginxVersion.parse(entry.since), entry.gone
    return since <= nginx and (gone is None or nginx < NginxVersion.parse(gone))
