import pytest

from driftscan.drift.state import build_state
from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.overlay import Overlay
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.servers import Server
from tests.etc import Gitlink, Link
from tests.nginx.trees import Files, platform, tree

FILES: Files = {
    "nginx/nginx.conf": "http { include sites-enabled/*; }",
    "nginx/sites-available/a": "server { listen 443 ssl; server_name old; }",
    "nginx/sites-enabled/a": Link("../sites-available/a"),
    "nginx/other": Gitlink("0" * 40),
}


def servers(snapshot: Snapshot) -> tuple[Server, ...]:
    return build_state(resolve(snapshot, Sources(), Layout()), platform()).servers


def test_a_file_holds_what_it_was_given_and_the_others_what_they_held() -> None:
    below = tree(FILES)
    overlay = Overlay.of(below, {"nginx/sites-available/a": b"new"})
    entry = overlay.entry("nginx/sites-available/a")
    assert entry == Entry(Kind.FILE, BlobId("3e5126c4e761fd09582fc517918a1601b218dff0"))  # git hash-object
    assert (overlay.read(entry.blob), overlay.size("nginx/sites-available/a")) == (b"new", 3)
    main = overlay.entry("nginx/nginx.conf")
    assert main == below.entry("nginx/nginx.conf")
    assert main is not None
    assert overlay.read(main.blob) == below.read(main.blob)


def test_nothing_appears_or_goes_away() -> None:
    below = tree(FILES)
    overlay = Overlay.of(below, {"nginx/nginx.conf": b""})
    for path in ("", "nginx", "nginx/nginx.conf", "nginx/sites-enabled/a", "nginx/other", "missing"):
        assert (overlay.kind(path), overlay.names(path)) == (below.kind(path), below.names(path))
        assert overlay.may_lack(path) == below.may_lack(path)
        assert (overlay.entry(path) is None) == (below.entry(path) is None)
    assert overlay.size("nginx/nginx.conf") == 0


def test_a_link_leads_to_the_new_content() -> None:
    below = tree(FILES)
    overlay = Overlay.of(below, {"nginx/sites-available/a": b"server { listen 443 ssl; server_name new; }"})
    assert overlay.entry("nginx/sites-enabled/a") == below.entry("nginx/sites-enabled/a")
    assert [server.name for server in servers(overlay)] == ["new"]
    assert [server.name for server in servers(below)] == ["old"]


@pytest.mark.parametrize("path", ["missing", "nginx", "nginx/sites-enabled/a", "nginx/other"])
def test_only_files_can_be_given_another_content(path: str) -> None:
    with pytest.raises(ValueError, match="is no file"):
        Overlay.of(tree(FILES), {path: b""})


def test_what_cannot_be_read_below_cannot_be_read_above() -> None:
    with pytest.raises(UnreadableBlob):
        Overlay.of(tree(FILES), {}).read(BlobId("0" * 40))
