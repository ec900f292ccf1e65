"""What the servers of a socket say about a directive, who decides, and which directive a finding is about."""

import pytest

from driftscan.drift.findings import Finding, Hit, PatternId, Severity, judge
from driftscan.drift.socket_settings import Said, SocketSetting, socket_setting, told_by
from driftscan.drift.state import State
from driftscan.drift.subjects import ServerSubject, SocketSubject
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Explicit, Inherited, Origin, Unknown
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.listen import Transport
from tests.drift.trees import ANY6, MAIN, address, default, http, platform, server, state

HTTPS = address()
CATCH_ALL = "server { listen 443 ssl default_server; server_name _; }"


def site(name: str, *more: str) -> str:
    return f"server {{ listen 443 ssl; server_name {name}; {' '.join(more)} }}"


def at(line: int, path: str = MAIN) -> Location:
    return Location(path, line)


def first(subject: ServerSubject, value: object, origin: Origin) -> Said:
    return Said((subject,), is_default=True, value=value, known=True, origin=origin)


def other(value: object, origin: Origin, *subjects: ServerSubject) -> Said:
    return Said(subjects, is_default=False, value=value, known=True, origin=origin)


def asked(found: State, directive: str) -> SocketSetting:
    setting = socket_setting(found, HTTPS, directive)
    assert setting is not None
    return setting


# ---------------------------------------------------------------------- what is said


def test_the_default_server_stands_alone_and_all_that_say_the_same_together() -> None:
    files = {MAIN: http(CATCH_ALL, *(site(name, "include off.conf;") for name in ("b.example", "a.example")))}
    found = state({**files, "nginx/off.conf": "ssl_session_tickets off;\n"})
    assert asked(found, "ssl_session_tickets") == SocketSetting(
        SocketSubject(HTTPS),
        "ssl_session_tickets",
        Decider.TICKETS,
        (
            first(server("_", 3), value=True, origin=default()),
            other(False, Explicit((at(1, "nginx/off.conf"),)), server("b.example", 4), server("a.example", 5)),
        ),
    )


def test_the_same_value_from_another_place_is_said_apart_and_the_most_servers_come_first() -> None:
    found = state(
        http(
            "ssl_protocols TLSv1.2;",
            CATCH_ALL,
            site("own.example", "ssl_protocols TLSv1.2;"),
            site("b.example"),
            site("c.example"),
            site("also.example", "ssl_protocols TLSv1.2;"),
        )
    )
    said = asked(found, "ssl_protocols").said
    assert [[one.name for one in group.servers] for group in said] == [
        ["_"],
        ["b.example", "c.example"],
        ["also.example"],
        ["own.example"],
    ]
    assert [group.origin for group in said] == [
        Inherited((at(3),)),
        Inherited((at(3),)),
        Explicit((at(8),)),
        Explicit((at(5),)),
    ]


def test_the_default_server_is_the_first_one_where_none_says_so() -> None:
    found = state(http(site("b.example"), site("a.example", "ssl_early_data on;")))
    assert asked(found, "ssl_early_data").said == (
        first(server("b.example", 3), value=False, origin=default()),
        other(True, Explicit((at(4),)), server("a.example", 4)),
    )


def test_a_server_that_no_name_selects_has_no_say() -> None:
    found = state(
        http(
            CATCH_ALL,
            site("shop.example"),
            site("shop.example", "ssl_session_tickets off;"),
            site("_", "ssl_session_tickets off;"),
        )
    )
    assert [one.servers for one in asked(found, "ssl_session_tickets").said] == [
        (server("_", 3),),
        (server("shop.example", 4),),
    ]


def test_what_an_unread_file_may_say_is_not_known() -> None:
    found = state(http(CATCH_ALL, site("shop.example", "include gone.conf;")))
    known, unknown = asked(found, "ssl_ciphers").said
    assert (known.known, unknown.known) == (True, False)
    assert isinstance(unknown.origin, Unknown)
    assert unknown.origin.gap.path == "nginx/gone.conf"


# ---------------------------------------------------------------------- who decides, and where there is nothing to say


@pytest.mark.parametrize(
    ("nginx", "library", "decider"),
    [
        ("1.29.1", "3.0.11", Decider.DEFAULT_SERVER),
        ("1.29.2", "3.0.11", Decider.SNI_SERVER),
        ("1.29.2", "1.1.0l", Decider.DEFAULT_SERVER),
        ("1.28.3", "3.5.0", Decider.DEFAULT_SERVER),
    ],
)
def test_who_decides_about_protocols_depends_on_nginx_and_its_library(
    nginx: str, library: str, decider: Decider
) -> None:
    found = state(http(CATCH_ALL, site("shop.example")), platform(nginx, library))
    assert asked(found, "ssl_protocols").decider is decider


def test_http2_in_one_listen_is_for_the_whole_socket() -> None:
    plain = "server { listen 443 ssl; server_name shop.example; }"
    spoken = "server { listen 443 ssl http2; server_name wiki.example; }"
    found = state(http(CATCH_ALL, plain, spoken))
    setting = asked(found, "http2")
    assert setting.decider is Decider.SOCKET
    assert [(one.servers[0].name, one.value, one.origin) for one in setting.said] == [
        ("_", False, default()),
        ("shop.example", False, default()),
        ("wiki.example", True, Explicit((at(5),))),
    ]


def test_http2_as_a_directive_is_the_business_of_each_server() -> None:
    found = state(http(CATCH_ALL, site("shop.example", "http2 on;")), platform("1.26.0"))
    setting = asked(found, "http2")
    assert (setting.decider, [one.value for one in setting.said]) == (Decider.HTTP_SERVER, [False, True])


def test_nothing_is_said_where_there_is_no_tls_socket() -> None:
    found = state(http("server { listen 80; }", site("shop.example")))
    assert socket_setting(found, address(80), "ssl_protocols") is None
    assert socket_setting(found, address(8443), "ssl_protocols") is None
    assert socket_setting(found, address(443, ANY6), "ssl_protocols") is None


@pytest.mark.parametrize(
    ("nginx", "directive"),
    [
        ("1.24.0", "proxy_ssl_protocols"),
        ("1.24.0", "server_name"),
        ("1.24.0", "starttls"),
        ("1.24.0", "http2"),
        ("1.18.0", "ssl_reject_handshake"),
        ("1.26.0", "http3"),
        ("1.26.0", "ssl"),
    ],
)
def test_nothing_is_said_of_what_means_nothing_there(nginx: str, directive: str) -> None:
    found = state(http(CATCH_ALL, site("shop.example")), platform(nginx))
    assert socket_setting(found, HTTPS, directive) is None


def test_http3_is_said_where_quic_is_spoken() -> None:
    found = state(http("server { listen 443 quic; listen 443 ssl; server_name shop.example; }"), platform("1.26.0"))
    (quic,) = (place for place in found.tls_sockets if place.transport is Transport.QUIC)
    setting = socket_setting(found, quic, "http3")
    assert setting is not None
    assert [one.value for one in setting.said] == [True]
    assert socket_setting(found, HTTPS, "http3") is None


def test_everything_that_is_compared_can_be_asked_for() -> None:
    found = state(http(CATCH_ALL, site("shop.example", "add_header Strict-Transport-Security max-age=1;")))
    told = {name for names in COMPARED.values() for name in names if socket_setting(found, HTTPS, name)}
    assert {"ssl_certificate", "ssl_conf_command", "ssl_session_cache", "add_header Strict-Transport-Security"} <= told


def test_sockets_of_stream_and_mail_have_their_own_directives() -> None:
    pair = "ssl_certificate /c.pem; ssl_certificate_key /c.key;"
    found = state(
        f"events {{}}\nstream {{ {pair}\nserver {{ listen 853 ssl; ssl_alpn dot; }}\n}}\n"
        f"mail {{ {pair}\nserver {{ listen 993 ssl; protocol imap; starttls on; }}\n}}\n"
    )
    stream, mail = socket_setting(found, address(853), "ssl_alpn"), socket_setting(found, address(993), "starttls")
    assert stream is not None
    assert mail is not None
    assert [one.value for one in (*stream.said, *mail.said)] == [("dot",), "on"]
    assert socket_setting(found, address(993), "ssl_alpn") is None


# ---------------------------------------------------------------------- which directive a finding is about


def finding(found: State, *evidence: Location, facts: tuple[tuple[str, str], ...] = ()) -> Finding:
    hit = Hit(SocketSubject(HTTPS), evidence, facts)
    return judge(PatternId("of-a-test"), Severity.LOW, hit, found.platform)


LONG = state(
    {
        MAIN: http(
            "include shared.conf;",
            "server {",
            "    listen 443 ssl;",
            "    ssl_session_tickets off;",
            '    add_header Strict-Transport-Security "max-age=1";',
            "    add_header X-Other 1;",
            "    location / {",
            "        add_header strict-transport-security max-age=2;",
            "        proxy_ssl_protocols TLSv1.2;",
            "    }",
            "    ssl_ciphers HIGH; ssl_protocols TLSv1.2;",
            "}",
        ),
        "nginx/shared.conf": "# of all sites\nssl_early_data on;\n",
    }
)


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ([at(6)], ["ssl_session_tickets"]),
        ([at(5), at(6)], ["ssl_session_tickets"]),
        ([at(2, "nginx/shared.conf"), at(6)], ["ssl_early_data", "ssl_session_tickets"]),
        ([at(6), at(2, "nginx/shared.conf"), at(6)], ["ssl_session_tickets", "ssl_early_data"]),
        ([at(7)], ["add_header Strict-Transport-Security"]),
        ([at(10)], ["add_header Strict-Transport-Security"]),
        ([at(8)], []),
        ([at(11)], []),
        ([at(4), at(99), at(1, "nginx/other.conf")], []),
        ([], []),
    ],
)
def test_a_finding_is_about_what_stands_on_its_lines(evidence: list[Location], told: list[str]) -> None:
    assert told_by(finding(LONG, *evidence), LONG) == tuple(told)


def test_a_line_with_several_directives_does_not_tell_which_one_is_meant() -> None:
    assert told_by(finding(LONG, at(13)), LONG) == ()
    assert told_by(finding(LONG, at(13), facts=(("directive", "ssl_ciphers"),)), LONG) == ("ssl_ciphers",)


def test_the_facts_count_where_no_line_tells() -> None:
    facts = (("server", "shop.example"), ("directive", "ssl_ciphers"), ("other", "proxy_ssl_protocols"))
    assert told_by(finding(LONG, at(5), facts=facts), LONG) == ("ssl_ciphers",)
    assert told_by(finding(LONG, at(6), facts=facts), LONG) == ("ssl_session_tickets",)


def test_what_is_decided_where_a_request_is_passed_on_is_never_compared_here() -> None:
    deciders = {
        since.value for names in COMPARED.values() for declaration in names.values() for since in declaration.decider
    }
    assert Decider.UPSTREAM not in deciders
