"""Small random configurations: whatever nginx accepts must answer as our model says."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from driftscan.nginx.config import named
from tests.etc import Link
from tests.oracle.agreement import check, socket_of
from tests.oracle.server import REFUSED, TLS12, Certificates, Host, host

pytestmark = pytest.mark.nginx

NAMES = [
    "",
    "a.test",
    "A.Test",
    "b.a.test",
    "*.test",
    ".test",
    "*.a.test",
    ".a.test",
    "www.*",
    "a.*",
    "~^b",
    "~TEST$",
    "_",
]
ASKED = ("a.test", "b.a.test", "c.b.a.test", "test", "www.b", "a.x", "bb", None)
PROTOCOLS = ["", "", "ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;", "ssl_protocols TLSv1.2 TLSv1.3;"]
HEADERS = ["", "", "add_header Strict-Transport-Security max-age=1;", "add_header X y;"]
TICKETS = ["", "ssl_session_tickets on;", "ssl_session_tickets off;"]
SPELLED = {"unix:{dir}/1": ["unix:{dir}/1", "UNIX:{dir}/1"], "127.0.0.1:{1}": ["127.0.0.1:{1}", "127.0.0.01:0{1}"]}

accepted: list[str] = []
refused: list[str] = []


@st.composite
def server(draw: st.DrawFn, number: int, certificates: Certificates) -> str:
    """One server; the certificate tells which it is."""
    text = "server { "
    for address in draw(st.lists(st.sampled_from(sorted(SPELLED)), min_size=1, max_size=2, unique=True)):
        flags = [
            flag for flag, odds in (("ssl", 4), ("default_server", 1), ("http2", 1)) if draw(st.integers(0, 4)) < odds
        ]
        text += f"listen {' '.join([draw(st.sampled_from(SPELLED[address])), *flags])}; "
    names = draw(st.lists(st.sampled_from(NAMES), max_size=3))
    text += f"server_name {' '.join(name or chr(34) * 2 for name in names)}; " if names else ""
    text += certificates.lines("abcd"[number]) if draw(st.integers(0, 4)) else ""
    text += " ".join(draw(st.sampled_from(lines)) for lines in (PROTOCOLS, TICKETS, HEADERS))
    return f'{text} location / {{ {draw(st.sampled_from(HEADERS))} return 200 "{number}"; }} }}\n'


@st.composite
def configurations(draw: st.DrawFn, certificates: Certificates) -> tuple[str, dict[str, str | Link]]:
    """An http block and its files: each server in the main file, in a file, or behind a link."""
    http = " ".join(draw(st.sampled_from(lines)) for lines in (PROTOCOLS, TICKETS, HEADERS))
    http += certificates.lines("shared") if draw(st.booleans()) else ""
    files: dict[str, str | Link] = {}
    include = draw(st.integers(0, 4))
    for number in range(draw(st.integers(1, 4))):
        http += "include s/*.conf;\n" if number == include else ""
        text = draw(server(number, certificates))
        name = draw(st.sampled_from(["10", "9", "B", "a", "ä", "_"])) + str(number)
        match draw(st.sampled_from(["main", "file", "link"])):
            case "main":
                http += text
            case "file":
                files[f"s/{name}.conf"] = text
            case _:
                files[f"real/{number}"] = text
                files[f"s/{name}.conf"] = Link(f"../real/{number}")
    return http + ("include s/*.conf;" if include >= number + 1 else ""), files


@pytest.fixture(scope="module")
def _counted() -> Iterator[None]:
    yield
    if accepted or refused:
        assert len(accepted) > len(refused), refused


@pytest.mark.usefixtures("_counted")
@settings(
    max_examples=max(30, settings().max_examples // 10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_nginx_accepts_answers_as_the_model_says(certificates: Certificates, data: st.DataObject) -> None:
    http, files = data.draw(configurations(certificates))
    with host(certificates) as nginx:
        nginx.write(http, files)
        objection = nginx.check()
        if objection is not None:
            refused.append(objection)
            event("nginx refuses it")
            assume(False)
        accepted.append(http)
        with nginx.running():
            for address in (f"unix:{nginx.directory}/1", f"127.0.0.1:{nginx.ports[0]}"):
                if not any(str(socket.address) == address for socket in nginx.state().sockets):
                    continue
                if socket_of(nginx, address).ssl:
                    for name in ASKED:
                        check(nginx, address, name)
                else:
                    assert nginx.ask(address, "a.test", TLS12) == REFUSED
                    plain(nginx, address, "a.test")


def plain(nginx: Host, address: str, name: str) -> None:
    """Without TLS the body tells which server answers, unless it would speak HTTP/2 only."""
    socket = socket_of(nginx, address)
    if not socket.http2:
        (location,) = named(socket.select(name).block, "location")
        (returned,) = named(location.inside(), "return")
        assert returned.args == ("200", nginx.plain(address, name).body)
