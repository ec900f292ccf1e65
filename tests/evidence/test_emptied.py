"""An include that matches nothing: when it is over. What brings it is in the cases of `include-matches-nothing`."""

import pytest

from driftscan.drift.compare import compare
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.emptied import emptied, is_filled
from tests.nginx.trees import Files, state

CERTIFICATE = "ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;"
MAIN = f"events {{}}\nhttp {{ {CERTIFICATE}\ninclude conf.d/*.conf;\ninclude sites-enabled/*;\n}}"
SITE = "server { listen 443 ssl; server_name shop.example; }"
PATTERN = FileSubject("nginx/conf.d/*.conf")
SERVER = "shop.example:443"
HELD = frozenset({SERVER})


def tree(files: Files | None = None) -> Files:
    return {"nginx/nginx.conf": MAIN, **(files or {})}


def test_the_include_is_told_with_its_files_and_servers() -> None:
    before, after = state(tree({"nginx/conf.d/shop.conf": SITE})), state(tree())
    (found,) = emptied(compare(before, after))
    assert (found.subject, found.files, found.servers) == (PATTERN, ("nginx/conf.d/shop.conf",), (SERVER,))
    assert (found.include.at.line, found.include.pattern) == (3, "/etc/nginx/conf.d/*.conf")


@pytest.mark.parametrize("path", ["conf.d/shop.conf", "conf.d/other.conf"])
def test_it_is_over_when_the_include_finds_a_file_again(path: str) -> None:
    assert is_filled(state(tree({f"nginx/{path}": "# nothing\n"})), PATTERN, HELD)


def test_it_is_over_when_the_servers_are_elsewhere_or_the_include_is_gone() -> None:
    assert is_filled(state(tree({"nginx/sites-enabled/shop": SITE})), PATTERN, HELD)
    assert is_filled(state("events {}\nhttp {}"), PATTERN, HELD)


def test_it_is_not_over_while_nothing_is_back() -> None:
    assert not is_filled(state(tree()), PATTERN, HELD)
    assert not is_filled(state(tree({"nginx/sites-enabled/shop": SITE})), PATTERN, HELD | {"wiki.example:443"})
    assert not is_filled(state(tree({"nginx/sites-enabled/shop": SITE})), PATTERN, frozenset())
