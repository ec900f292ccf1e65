"""What holds for any two configurations, and for any way of writing one."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftscan.drift.changes import (
    AddressReleased,
    AddressTaken,
    Change,
    DefaultServerChanged,
    LoadChanged,
    NameMoved,
    ServerAdded,
    ServerRemoved,
    ServerRenamed,
    SettingChanged,
    SocketAdded,
    SocketRemoved,
)
from driftscan.drift.compare import Transition, compare
from driftscan.drift.scan import compare_states
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject, ServerSubject, UpstreamSubject
from driftscan.history.platform import Platform
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import AnyDeclaration, Default, fact
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.hsts import HSTS
from driftscan.nginx.servers import Server
from driftscan.nginx.upstreams import Upstream
from tests.drift.trees import Files, platform, state
from tests.drift.walks import EVERY_PATTERN
from tests.laws.configurations import (
    Configuration,
    configurations,
    in_files,
    order_free,
    rewritten,
    split,
    written,
)

PLATFORMS = st.builds(
    platform,
    st.sampled_from(["1.14.2", "1.18.0", "1.24.0", "1.29.2", "1.30.0"]),
    st.sampled_from([None, "1.0.2k", "1.1.1w", "3.0.11", "LibreSSL 4.3.2"]),
)


@given(configurations, PLATFORMS)
def test_nothing_changes_from_a_state_to_itself(configuration: Configuration, at: Platform) -> None:
    text = written(configuration)
    comparison = compare_states(state(text, at), state(text, at), EVERY_PATTERN)
    assert (comparison.changes, comparison.introduced, comparison.resolved) == ((), (), ())


# ---------------------------------------------------------------------- the mirror


def _canonical(transition: Transition, *, mirrored: bool) -> Counter[object]:
    """The changes of a transition in a form that can be turned round; turned round if `mirrored`.

    A setting is about an endpoint by socket and name, or about a pair of servers by both their places. Why a change
    is not in force is told about the later state, and `still_listening` too, so they have no mirror.
    """
    places = {old.at: (old.at, new.at) for old, new in transition.pairs.same}
    places |= {new.at: (old.at, new.at) for old, new in transition.pairs.same}
    return Counter(_turned(change, places, mirrored=mirrored) for change in transition.changes)


_MIRRORED: dict[type, str] = {
    **dict.fromkeys((ServerAdded, ServerRemoved), "server"),
    **dict.fromkeys((SocketAdded, SocketRemoved), "socket"),
    **dict.fromkeys((AddressTaken, AddressReleased), "address"),
}
"""Kinds that are each other's mirror."""
_FORWARD = (ServerAdded, SocketAdded, AddressTaken)


def _turned(change: Change, places: dict[Location, tuple[Location, Location]], *, mirrored: bool) -> object:
    order = -1 if mirrored else 1
    match change:
        case SettingChanged():
            return _setting(change, places, order)
        case ServerRenamed(before, after):
            return ("renamed", *(before, after)[::order])
        case NameMoved(subject, before, after):
            return ("moved", subject.socket, subject.name, *(before, after)[::order])
        case DefaultServerChanged(subject, before, after, was, now):
            return ("default", subject, *((before, was), (after, now))[::order])
        case LoadChanged(_, was, now):
            return ("load", *(was, now)[::order])
        case _:
            of = (change.wildcard, change.names) if isinstance(change, AddressTaken | AddressReleased) else ()
            return (_MIRRORED[type(change)], isinstance(change, _FORWARD) != mirrored, change.subject, *of)


def _setting(change: SettingChanged, places: dict[Location, tuple[Location, Location]], order: int) -> object:
    where: object = change.subject
    match change.subject:
        case EndpointSubject(socket, name):
            where = (socket, name)
        case ServerSubject(at=at):
            where = places[at][::order]
        case UpstreamSubject(server, path):
            where = (places[server.at][::order], path)
        case _:
            pass
    # Who is said to have configured it is the server's name of today.
    values = [(side.value, side.origin) for side in (change.before, change.after)][::order]
    return ("setting", change.scope, where, change.directive, *values, change.in_force, change.by_upgrade)


@settings(max_examples=150)
@given(configurations, configurations, PLATFORMS)
def test_the_way_back_is_the_mirror_of_the_way_there(one: Configuration, two: Configuration, at: Platform) -> None:
    before, after = state({**_apart(one, "one")}, at), state({**_apart(two, "two")}, at)
    there, back = compare(before, after), compare(after, before)
    assert _canonical(there, mirrored=False) == _canonical(back, mirrored=True)


def _apart(configuration: Configuration, folder: str) -> Files:
    """In a folder of its own, so that no place is one of both states."""
    return {
        "nginx/nginx.conf": f"include {folder}.conf;",
        f"nginx/{folder}.conf": written(configuration),
    }


@given(configurations, PLATFORMS, PLATFORMS)
def test_the_way_back_mirrors_an_upgrade_too(one: Configuration, old: Platform, new: Platform) -> None:
    before, after = state(written(one), old), state(written(one), new)
    there, back = compare(before, after), compare(after, before)
    assert _canonical(there, mirrored=False) == _canonical(back, mirrored=True)


@given(configurations, configurations, PLATFORMS)
def test_what_the_way_there_introduces_the_way_back_resolves(
    one: Configuration, two: Configuration, at: Platform
) -> None:
    hazards = tuple(matcher for matcher in EVERY_PATTERN if matcher.hazards)
    before, after = state(written(one), at), state(written(two), at)
    there = compare_states(before, after, hazards)
    back = compare_states(after, before, hazards)
    assert {life.finding for life in there.introduced} == {life.finding for life in back.resolved}
    assert {life.finding for life in there.resolved} == {life.finding for life in back.introduced}


# ---------------------------------------------------------------------- silence


def silent(before: State, after: State) -> None:
    comparison = compare_states(before, after, EVERY_PATTERN)
    assert (comparison.changes, comparison.introduced, comparison.resolved) == ((), (), ())


@given(st.data(), configurations, PLATFORMS)
def test_other_blanks_and_comments_change_nothing(data: st.DataObject, one: Configuration, at: Platform) -> None:
    silent(state(written(one), at), state(data.draw(rewritten(one)), at))


@given(st.data(), configurations, PLATFORMS)
def test_moving_lines_into_includes_changes_nothing(data: st.DataObject, one: Configuration, at: Platform) -> None:
    silent(state(written(one), at), state(data.draw(split(one)), at))


@given(st.data(), order_free, PLATFORMS)
def test_moving_hosts_to_other_files_changes_nothing_where_order_does_not(
    data: st.DataObject, one: Configuration, at: Platform
) -> None:
    silent(state(written(one), at), state(data.draw(in_files(one)), at))


@given(configurations, PLATFORMS, st.sampled_from(["ssl_session_tickets", "ssl_session_timeout", "ssl_verify_client"]))
def test_writing_out_a_default_changes_nothing(one: Configuration, at: Platform, name: str) -> None:
    if any(
        line.startswith(f"{name} ") for lines in (one.lines, *(block.lines for block in one.servers)) for line in lines
    ):
        return
    value = {"ssl_session_tickets": "on", "ssl_session_timeout": "300", "ssl_verify_client": "off"}[name]
    silent(state(written(one), at), state(written(replace(one, lines=(*one.lines, f"{name} {value};"))), at))


@given(configurations, PLATFORMS)
def test_a_plain_server_is_nobodys_business(one: Configuration, at: Platform) -> None:
    plain = replace(
        one.servers[0] if one.servers else Configuration((), ()), lines=("listen 8080;", "ssl_ciphers HIGH;")
    )
    assert plain.lines
    silent(
        state(written(one), at),
        state(written(one).replace("http {", "http {\nserver { listen 8080; ssl_ciphers HIGH; }", 1), at),
    )


# ---------------------------------------------------------------------- origins


@given(st.data(), configurations, PLATFORMS)
def test_every_origin_is_a_line_that_holds_the_directive(data: st.DataObject, one: Configuration, at: Platform) -> None:
    files = data.draw(st.one_of(split(one), rewritten(one).map(lambda text: {"nginx/nginx.conf": text})))
    found = state(files, at)
    settings_of: list[tuple[Server | Upstream, AnyDeclaration]] = [
        *((server, declaration) for server in found.servers for declaration in COMPARED[server.family].values()),
        *((place, declaration) for place in found.upstreams for declaration in place.side.declarations.values()),
    ]
    for holder, declaration in settings_of:
        setting = holder[declaration]
        word = "add_header" if declaration is HSTS else declaration.name
        assert setting.known
        assert bool(setting.places) != isinstance(setting.origin, Default)
        for place in setting.places:
            text = files[place.path]
            assert isinstance(text, str)
            # nginx ends a line at LF alone, and so do editors that count lines.
            assert word in text.split("\n")[place.line - 1]


@given(configurations, PLATFORMS)
def test_a_default_is_the_default_of_that_nginx(one: Configuration, at: Platform) -> None:
    for server in state(written(one), at).servers:
        for declaration in COMPARED[server.family].values():
            setting = server[declaration]
            if isinstance(setting.origin, Default):
                assert (setting.value, setting.origin.nginx) == (fact(declaration.default, at), at.nginx.version)


@given(configurations, PLATFORMS)
def test_every_endpoint_has_a_value_for_every_directive(one: Configuration, at: Platform) -> None:
    found = state(written(one), at)
    for endpoint in found.endpoints.values():
        for declaration in COMPARED[endpoint.server.family].values():
            met = endpoint.in_force(declaration, at)
            assert met.known
            assert met.server in {endpoint.server, endpoint.default, None}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(configurations, configurations, PLATFORMS)
def test_every_change_names_two_values_and_their_origins(one: Configuration, two: Configuration, at: Platform) -> None:
    for change in compare(state(written(one), at), state(written(two), at)).changes:
        if isinstance(change, SettingChanged):
            assert change.before.value != change.after.value
            assert change.in_force == (change.reason is None)


# ---------------------------------------------------------------------- whose doing it is


@given(configurations, PLATFORMS, PLATFORMS)
def test_what_one_configuration_becomes_on_another_platform_is_nobodys_doing(
    one: Configuration, old: Platform, new: Platform
) -> None:
    for change in compare(state(written(one), old), state(written(one), new)).changes:
        assert not isinstance(change, SettingChanged) or change.by_upgrade


@given(configurations, configurations, PLATFORMS)
def test_without_another_platform_somebody_did_it(one: Configuration, two: Configuration, at: Platform) -> None:
    for change in compare(state(written(one), at), state(written(two), at)).changes:
        assert not (isinstance(change, SettingChanged) and change.by_upgrade)


@given(configurations, configurations, PLATFORMS, PLATFORMS)
def test_a_load_change_is_told_where_the_answer_is_another_one(
    one: Configuration, two: Configuration, old: Platform, new: Platform
) -> None:
    before, after = state(written(one), old), state(written(two), new)
    told = [change for change in compare(before, after).changes if isinstance(change, LoadChanged)]
    assert bool(told) == ((before.load.ok is False) != (after.load.ok is False))
    assert all((change.before, change.after) == (before.load, after.load) for change in told)
