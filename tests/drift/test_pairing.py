"""Which servers are the same host: by sockets and names, never by place."""

from driftscan.drift.pairing import pair_servers
from driftscan.nginx.servers import Server
from tests.drift.trees import MAIN, Files, http, state
from tests.etc import Link

SITES = "events {}\nhttp { include sites/*; }\n"


def host(names: str, listen: str = "443 ssl", more: str = "") -> str:
    return (
        f"server {{ listen {listen}; server_name {names}; ssl_certificate /c.pem; ssl_certificate_key /c.key; {more} }}"
    )


def paired(before: Files | str, after: Files | str) -> tuple[set[tuple[str, str]], list[str], list[str]]:
    """What became of what, by name and place."""
    pairs = pair_servers(state(before).servers, state(after).servers)

    def called(server: Server) -> str:
        return f"{' '.join(server.names)} {server.at.path.removeprefix('nginx/')}:{server.at.line}"

    return (
        {(called(old), called(new)) for old, new in pairs.same},
        [called(server) for server in pairs.removed],
        [called(server) for server in pairs.added],
    )


def test_a_server_is_the_same_wherever_it_stands() -> None:
    before = {MAIN: SITES, "nginx/sites/a": host("a.example"), "nginx/sites/b": host("b.example")}
    after = {MAIN: SITES, "nginx/sites/one": f"{host('b.example')}\n{host('a.example')}"}
    same = {("a.example sites/a:1", "a.example sites/one:2"), ("b.example sites/b:1", "b.example sites/one:1")}
    assert paired(before, after) == (same, [], [])


def test_names_in_another_order_are_the_same_names() -> None:
    same = {("a.example b.example nginx.conf:3", "b.example a.example nginx.conf:3")}
    assert paired(http(host("a.example b.example")), http(host("b.example A.example"))) == (same, [], [])


def test_two_servers_that_swap_their_names_swap_places() -> None:
    one, two = host("a.example", more="ssl_ciphers X;"), host("b.example")
    same = {("a.example nginx.conf:3", "a.example nginx.conf:4"), ("b.example nginx.conf:4", "b.example nginx.conf:3")}
    assert paired(http(one, two), http(two, one)) == (same, [], [])
    swapped = http(one.replace("a.example", "b.example"), two.replace("b.example", "a.example"))
    assert paired(http(one, two), swapped) == (same, [], [])


def test_a_renamed_server_of_one_file_is_one_server() -> None:
    same = {("old.example nginx.conf:3", "new.example nginx.conf:3")}
    assert paired(http(host("old.example")), http(host("new.example"))) == (same, [], [])


def test_a_renamed_server_may_change_a_little_meanwhile() -> None:
    same = {("old.example nginx.conf:3", "new.example nginx.conf:3")}
    assert paired(http(host("old.example")), http(host("new.example", more="ssl_ciphers X;"))) == (same, [], [])


def test_a_server_with_another_name_and_another_content_is_another_server() -> None:
    other = "server { listen 443 ssl; server_name new.example; ssl_certificate /n.pem; ssl_certificate_key /n.key; }"
    assert paired(http(host("old.example")), http(other)) == (
        set(),
        ["old.example nginx.conf:3"],
        ["new.example nginx.conf:3"],
    )


def test_a_renamed_server_in_another_file_must_be_the_same_in_all_else() -> None:
    before = {MAIN: SITES, "nginx/sites/a": host("old.example")}
    moved = {MAIN: SITES, "nginx/sites/b": host("new.example")}
    assert paired(before, moved) == ({("old.example sites/a:1", "new.example sites/b:1")}, [], [])
    made_from_the_same_template = {MAIN: SITES, "nginx/sites/b": host("new.example", more="root /srv/new;")}
    assert paired(before, made_from_the_same_template) == (
        set(),
        ["old.example sites/a:1"],
        ["new.example sites/b:1"],
    )


def test_a_renamed_server_on_another_socket_is_another_server() -> None:
    assert paired(http(host("old.example")), http(host("new.example", "8443 ssl")))[0] == set()


def test_names_in_common_outweigh_likeness() -> None:
    before = http(host("a.example b.example c.example"), host("d.example"))
    after = http(host("a.example"), host("b.example c.example"), host("d.example"))
    assert paired(before, after) == (
        {
            ("a.example b.example c.example nginx.conf:3", "b.example c.example nginx.conf:4"),
            ("d.example nginx.conf:4", "d.example nginx.conf:5"),
        },
        [],
        ["a.example nginx.conf:3"],
    )


def test_of_two_halves_the_one_with_the_old_first_name_is_the_old_server() -> None:
    before = http(host("a.example b.example"))
    after = http(host("b.example"), host("a.example"))
    assert paired(before, after) == (
        {("a.example b.example nginx.conf:3", "a.example nginx.conf:4")},
        [],
        ["b.example nginx.conf:3"],
    )


def test_a_shared_endpoint_outweighs_a_name_on_another_port() -> None:
    before = http(host("a.example b.example", "443 ssl"))
    after = http(host("a.example b.example", "8443 ssl"), host("b.example", "443 ssl"))
    assert paired(before, after)[0] == {("a.example b.example nginx.conf:3", "b.example nginx.conf:4")}


def test_a_server_that_moves_to_another_port_keeps_its_name() -> None:
    same = {("a.example nginx.conf:3", "a.example nginx.conf:3")}
    assert paired(http(host("a.example")), http(host("a.example", "8443 ssl"))) == (same, [], [])


def test_servers_without_a_name_are_known_by_their_sockets() -> None:
    nameless = "server { listen 443 ssl; }"
    other = "server { listen 8443 ssl; }"
    same = {(" nginx.conf:3", " nginx.conf:4"), (" nginx.conf:4", " nginx.conf:3")}
    assert paired(http(nameless, other), http(other, nameless)) == (same, [], [])


def test_a_catch_all_that_gains_a_socket_or_a_placeholder_is_the_same() -> None:
    before = http("server { listen 443 ssl default_server; }")
    for after in ("listen 443 ssl; listen [::]:443 ssl;", "listen 443 ssl; server_name _;"):
        same, removed, added = paired(before, http(f"server {{ {after} }}"))
        assert (len(same), removed, added) == (1, [], [])


def test_the_placeholder_is_no_name_that_makes_two_servers_one() -> None:
    before = http("server { listen 443 ssl; server_name _; root /a; }")
    after = http("server { listen 8443 ssl; server_name _; root /b; }")
    assert paired(before, after) == (set(), ["_ nginx.conf:3"], ["_ nginx.conf:3"])


def test_duplicates_are_paired_in_their_order() -> None:
    before = {MAIN: SITES, "nginx/sites/a": host("a.example"), "nginx/sites/a~": host("a.example", more="root /old;")}
    after = {MAIN: SITES, "nginx/sites/a": host("a.example", more="root /new;")}
    assert paired(before, after) == ({("a.example sites/a:1", "a.example sites/a:1")}, ["a.example sites/a~:1"], [])


def test_one_file_read_twice_is_two_servers() -> None:
    before: Files = {MAIN: SITES, "nginx/all/a": host("a.example"), "nginx/sites/a": Link("../all/a")}
    after: Files = {**before, "nginx/sites/b": Link("../all/a")}
    assert paired(before, after) == ({("a.example all/a:1", "a.example all/a:1")}, [], ["a.example all/a:1"])


def test_pairing_in_reverse_finds_the_same_pairs() -> None:
    texts = [
        http(host("a.example b.example"), host("c.example"), "server { listen 443 ssl; }"),
        http(
            host("c.example d.example"), host("b.example"), "server { listen 443 ssl; listen 80; }", host("x.example")
        ),
    ]
    forwards, backwards = paired(texts[0], texts[1]), paired(texts[1], texts[0])
    assert forwards == ({(old, new) for new, old in backwards[0]}, backwards[2], backwards[1])
    assert len(forwards[0]) == 3
