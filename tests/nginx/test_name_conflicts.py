import pytest

from driftscan.nginx.name_conflicts import is_copy, name_conflicts
from tests.nginx.trees import servers, state


def found(*names: str) -> list[str]:
    blocks = " ".join(f"server {{ listen 443 ssl; server_name {written}; }}" for written in names)
    (socket,) = state(f"events {{}}\nhttp {{ {blocks} }}").sockets
    return [conflict.name for conflict in name_conflicts(socket)]


@pytest.mark.parametrize(
    ("names", "lost"),
    [
        (("a.example", "a.example"), ["a.example"]),
        (("a.example", "A.EXAMPLE b.example"), ["a.example"]),
        (("a.example", ".a.example"), [".a.example"]),
        (("*.a.example", ".a.example"), [".a.example"]),
        (("a.*", "a.*"), ["a.*"]),
        (("a.example", "b.example", "a.example b.example"), ["a.example", "b.example"]),
    ],
)
def test_the_later_server_claims_it_in_vain(names: tuple[str, ...], lost: list[str]) -> None:
    assert found(*names) == lost


@pytest.mark.parametrize(
    "names",
    [
        ("a.example a.example", "b.example"),
        ("_", "_"),
        ('""', '""'),
        ("~a", "~a"),
        ("*.a.example", "a.example"),
        ("a.example", "b.example"),
        ("a.example",),
    ],
)
def test_nobody_loses_a_name(names: tuple[str, ...]) -> None:
    assert found(*names) == []


def test_winner_and_loser_are_named() -> None:
    whole = state(
        "events {} http { server { listen 443 ssl; server_name a; } server { listen 443 ssl; server_name a; } }"
    )
    (conflict,) = name_conflicts(whole.sockets[0])
    assert (conflict.winner, conflict.loser) == whole.servers


def test_a_copy_says_the_same_wherever_it_stands() -> None:
    one, copy, other = servers(
        "http { server { listen 443 ssl; location / { return 204; } }\nserver { listen 443 ssl;\nlocation /\n"
        "{ return 204; } } server { listen 443 ssl; location / { return 404; } } }"
    )
    assert is_copy(one, copy)
    assert not is_copy(one, other)
