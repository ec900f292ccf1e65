"""The files that directives name: which of them are there, and that nobody looks into the secret ones."""

import pytest

from driftscan.history.commit import BlobId
from driftscan.history.snapshot import TreeIndex
from driftscan.nginx.certificates import CertificateFile
from driftscan.nginx.config import ResolvedConfig
from driftscan.nginx.files import NAMED_BY, Content, NamedFile, Presence, for_name
from driftscan.nginx.includes import Layout, Memory, Sources, resolve
from tests.certificates import dhparam
from tests.etc import Gitlink, Link
from tests.nginx.trees import MAIN, Blobs, Files, differences, resolved, tree

KEPT: Files = {".etckeeper": ""}
"""etckeeper's own file: what is not in such a tree is not on the host."""
NO_CERTIFICATE = CertificateFile(())


def named(*lines: str, files: Files | None = None, kept: bool = True) -> dict[str, NamedFile]:
    """What the directives of a server name."""
    text = "\n".join(["events {}", "http {", "server {", *lines, "}", "}"])
    return dict(resolved({MAIN: text, **(files or {}), **(KEPT if kept else {})}).named)


def presences(found: dict[str, NamedFile]) -> dict[str, Presence]:
    return {path: file.presence for path, file in found.items()}


# ---------------------------------------------------------------------- is it there

LINE = "ssl_dhparam /etc/nginx/tls/dh.pem;"


@pytest.mark.parametrize(
    ("files", "kept", "presence"),
    [
        ({"nginx/tls/dh.pem": "x"}, True, Presence.THERE),
        ({"nginx/tls/dh.pem": "x"}, False, Presence.THERE),
        ({"nginx/tls/dh.pem/x": "x"}, True, Presence.DIRECTORY),
        ({"nginx/tls/other.pem": "x"}, True, Presence.ABSENT),
        ({}, True, Presence.ABSENT),
        # A directory that the history never had may have been left out of it as a whole, but not beside nginx.conf.
        ({"nginx/tls": Link("/etc/ssl")}, True, Presence.UNKNOWN),
        ({"nginx/tls": "x"}, True, Presence.ABSENT),
        ({}, False, Presence.UNKNOWN),
        ({".gitignore": "tls/"}, True, Presence.UNKNOWN),
        ({"nginx/.gitignore": "*.pem"}, True, Presence.UNKNOWN),
        ({"nginx/.gitignore": "*.key", "nginx/tls/other.pem": "x"}, True, Presence.ABSENT),
        ({"nginx/tls": Link("/etc/ssl"), "ssl/dh.pem": "x"}, True, Presence.THERE),
        ({"nginx/tls/dh.pem": Link("../../ssl/dh.pem"), "ssl/dh.pem": "x"}, True, Presence.THERE),
        ({"nginx/tls/dh.pem": Link("../../ssl/dh.pem"), "ssl/x": "x"}, True, Presence.ABSENT),
        ({"nginx/tls/dh.pem": Link("../../ssl/dh.pem"), ".gitignore": "ssl/"}, True, Presence.UNKNOWN),
        ({"nginx/tls": Link("/srv/tls")}, True, Presence.UNKNOWN),
        ({"nginx/tls": Gitlink("1" * 40)}, True, Presence.UNKNOWN),
        ({"nginx/tls/dh.pem": Link("dh.pem")}, True, Presence.UNKNOWN),
    ],
)
def test_a_file_is_there_or_not_or_nobody_knows(files: Files, kept: bool, presence: Presence) -> None:
    assert presences(named(LINE, files=files, kept=kept)) == {"/etc/nginx/tls/dh.pem": presence}


def test_a_file_that_was_there_is_missing_when_it_is_gone_with_its_directory() -> None:
    text = f"events {{}} http {{ server {{ {LINE} }} }}"
    before = resolved({MAIN: text, "nginx/tls/dh.pem": "x", **KEPT})
    memory = Memory(before.files, frozenset(), before.named)
    gone = resolve(tree({MAIN: text, **KEPT}), Sources(), Layout(), memory)
    still = resolve(tree({MAIN: text, **KEPT}), Sources(), Layout(), Memory(gone.files, frozenset(), gone.named))
    assert presences(dict(gone.named)) == presences(dict(still.named)) == {"/etc/nginx/tls/dh.pem": Presence.ABSENT}


def test_a_file_that_is_there_is_known_by_its_own_path() -> None:
    files: Files = {"nginx/tls/dh.pem": Link("../../ssl/dh.pem"), "ssl/dh.pem": "x"}
    assert named(LINE, files=files)["/etc/nginx/tls/dh.pem"].path == "ssl/dh.pem"
    assert named(LINE)["/etc/nginx/tls/dh.pem"].path is None


def test_a_file_outside_the_tree_is_not_known() -> None:
    assert presences(named("ssl_dhparam /srv/dh.pem;")) == {"/srv/dh.pem": Presence.UNKNOWN}


def test_a_relative_name_begins_beside_the_main_file_and_not_beside_the_including_one() -> None:
    files: Files = {"nginx/snippets/tls.conf": "ssl_dhparam dh.pem;", "nginx/snippets/dh.pem": "x"}
    assert presences(named("include snippets/tls.conf;", files=files)) == {"/etc/nginx/dh.pem": Presence.ABSENT}


def test_each_main_file_has_a_prefix_of_its_own() -> None:
    text = "events {}\nhttp { ssl_dhparam dh.pem; }\n"
    files: Files = {"nginx/nginx.conf": text, "nginx-edge/edge.conf": text, "nginx-edge/dh.pem": "x", **KEPT}
    found = resolved(files, Layout(main_files=("nginx/nginx.conf", "nginx-edge/edge.conf")))
    assert presences(dict(found.named)) == {
        "/etc/nginx/dh.pem": Presence.ABSENT,
        "/etc/nginx-edge/dh.pem": Presence.THERE,
    }


@pytest.mark.parametrize(
    "line",
    [
        'ssl_dhparam "";',
        "ssl_certificate data:$certificate;",
        "ssl_certificate_key engine:pkcs11:id_01;",
        "ssl_certificate_key store:file:/etc/nginx/a.key;",
        "ssl_dhparam;",
        "ssl_dhparam dh.pem { }",
        "root /srv/www;",
        "include snippets/*.conf;",
    ],
)
def test_what_is_no_file_is_not_looked_for(line: str) -> None:
    assert named(line) == {}


def test_files_are_named_at_every_depth_and_in_every_family() -> None:
    text = """
        events {}
        http {
            ssl_trusted_certificate one.pem;
            server { location / { location /api { if ($x) { proxy_ssl_crl two.pem; } } } }
        }
        stream { server { listen 1; ssl_password_file three; } }
        mail { server { listen 1; ssl_client_certificate four.pem; } }
    """
    found = resolved({MAIN: text, **KEPT}).named
    assert {path.removeprefix("/etc/nginx/") for path in found} == {"one.pem", "two.pem", "three", "four.pem"}


def test_every_directive_that_names_a_file_has_a_kind() -> None:
    kinds = {kind: sorted(name for name, found in NAMED_BY.items() if found is kind) for kind in Content}
    assert kinds == {
        Content.CERTIFICATE: [
            "grpc_ssl_certificate",
            "grpc_ssl_trusted_certificate",
            "proxy_ssl_certificate",
            "proxy_ssl_trusted_certificate",
            "ssl_certificate",
            "ssl_client_certificate",
            "ssl_trusted_certificate",
            "uwsgi_ssl_certificate",
            "uwsgi_ssl_trusted_certificate",
        ],
        Content.SECRET: [
            "grpc_ssl_certificate_key",
            "grpc_ssl_password_file",
            "proxy_ssl_certificate_key",
            "proxy_ssl_password_file",
            "ssl_certificate_key",
            "ssl_ech_file",
            "ssl_password_file",
            "uwsgi_ssl_certificate_key",
            "uwsgi_ssl_password_file",
        ],
        Content.TICKET_KEY: ["ssl_session_ticket_key"],
        Content.PARAMETERS: ["ssl_dhparam"],
        Content.OTHER: [
            "grpc_ssl_crl",
            "proxy_ssl_crl",
            "ssl_crl",
            "ssl_stapling_file",
            "uwsgi_ssl_crl",
        ],
    }


# ---------------------------------------------------------------------- names by variable


def test_a_certificate_by_name_is_one_file_for_each_name_that_is_served() -> None:
    lines = (
        "server_name A.example b.example *.example .c.example ~^d www.*;",
        "ssl_certificate certs/$ssl_server_name.pem;",
        "ssl_certificate_key certs/${ssl_server_name}.key;",
    )
    found = named(*lines, files={"nginx/certs/a.example.pem": "", "nginx/certs/.key": ""})
    assert presences(found) == {
        "/etc/nginx/certs/.pem": Presence.ABSENT,
        "/etc/nginx/certs/a.example.pem": Presence.THERE,
        "/etc/nginx/certs/b.example.pem": Presence.ABSENT,
        "/etc/nginx/certs/.key": Presence.THERE,
        "/etc/nginx/certs/a.example.key": Presence.ABSENT,
        "/etc/nginx/certs/b.example.key": Presence.ABSENT,
    }


def test_a_name_by_another_variable_is_not_looked_for() -> None:
    assert named("ssl_certificate certs/$host.pem;", "ssl_certificate certs/$ssl_server_name/$x.pem;") == {}


def test_a_variable_may_stand_more_than_once() -> None:
    assert for_name("/c/$ssl_server_name/${ssl_server_name}.pem", "a") == "/c/a/a.pem"


# ---------------------------------------------------------------------- what is opened


class Watched(Blobs):
    """Blobs that know which of them were read."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[bytes] = []

    def read(self, blob: BlobId) -> bytes:
        data = super().read(blob)
        self.opened.append(data)
        return data


def watched(files: Files) -> tuple[ResolvedConfig, list[bytes]]:
    """The configuration, and what was read for it beside the main file and etckeeper's."""
    blobs = Watched()
    config = resolve(tree({**files, **KEPT}, blobs), Sources(), Layout())
    main = files[MAIN]
    assert isinstance(main, str)
    return config, [data for data in blobs.opened if data != main.encode()]


def main(*lines: str) -> str:
    return "\n".join(["events {}", "http {", *lines, "}"])


def test_certificates_and_parameters_are_read_and_secrets_are_not() -> None:
    files: Files = {
        MAIN: main(
            "ssl_certificate a.pem;",
            "ssl_certificate_key a.key;",
            "ssl_password_file passwords;",
            "ssl_session_ticket_key ticket.key;",
            "ssl_dhparam dh.pem;",
            "ssl_crl revoked.pem;",
        ),
        **{f"nginx/{name}": name for name in ("a.pem", "a.key", "passwords", "ticket.key", "dh.pem", "revoked.pem")},
    }
    config, opened = watched(files)
    assert sorted(opened) == [b"a.pem", b"dh.pem"]
    assert {file.presence for file in config.named.values()} == {Presence.THERE}
    assert config.named["/etc/nginx/a.pem"].certificates == NO_CERTIFICATE
    assert config.named["/etc/nginx/a.key"].certificates is None


def test_a_file_has_the_place_of_its_name_and_the_blob_of_its_content() -> None:
    blobs = Blobs()
    files: Files = {
        MAIN: main("ssl_certificate_key ../tls/a.key;"),
        "tls/a.key": Link("../private/b.key"),
        "private/b.key": "secret",
    }
    (found,) = resolve(tree({**files, **KEPT}, blobs), Sources(), Layout()).named.values()
    assert (found.name_path, found.path) == ("tls/a.key", "private/b.key")
    assert found.blob == blobs.entry("secret").blob


def test_parameters_have_the_length_of_their_prime() -> None:
    text = dhparam("1024")
    (found,) = resolved({MAIN: main("ssl_dhparam dh.pem;"), "nginx/dh.pem": text, **KEPT}).named.values()
    assert found.prime_bits == 1024


@pytest.mark.parametrize("link", [False, True], ids=["one name", "two names"])
def test_a_file_that_is_a_key_too_is_not_opened(*, link: bool) -> None:
    key = "both.key" if link else "both.pem"
    files: Files = {
        MAIN: main("ssl_certificate both.pem;", f"ssl_certificate_key {key};"),
        "nginx/both.pem": "certificate and key",
        **({"nginx/both.key": Link("both.pem")} if link else {}),
    }
    config, opened = watched(files)
    assert opened == ([b"both.pem"] if link else [])
    both = config.named["/etc/nginx/both.pem"]
    assert (both.presence, both.certificates) == (Presence.THERE, None)


def test_a_certificate_that_this_clone_lacks_is_there_and_not_known() -> None:
    blobs = Blobs()
    index = tree({MAIN: main("ssl_certificate a.pem;"), "nginx/a.pem": "a", **KEPT}, blobs)
    del blobs[blobs.entry("a").blob]
    (found,) = resolve(index, Sources(), Layout()).named.values()
    assert (found.host_path, found.presence, found.certificates) == ("/etc/nginx/a.pem", Presence.THERE, None)


def test_only_ticket_keys_are_measured() -> None:
    blobs = Blobs()
    files = {"nginx/ticket.key": "x" * 48, "nginx/a.key": "y" * 48, "nginx/dh.pem": "z"}
    lines = ("ssl_session_ticket_key ticket.key;", "ssl_certificate_key a.key;", "ssl_dhparam dh.pem;")
    index = tree({MAIN: main(*lines), **files, **KEPT}, blobs)
    sized = TreeIndex(index.read_blob, lambda blob: len(blobs[blob]), index._entries, index._children)
    found = resolve(sized, Sources(), Layout()).named
    assert {path: file.size for path, file in found.items()} == {
        "/etc/nginx/ticket.key": 48,
        "/etc/nginx/a.key": None,
        "/etc/nginx/dh.pem": None,
    }


# ---------------------------------------------------------------------- when it has to be looked at again


@pytest.mark.parametrize(
    "change",
    [
        {"nginx/tls/a.pem": "another"},
        {"nginx/tls/a.pem": None},
        {"nginx/tls/a.key": "x"},
        {".gitignore": "tls/"},
        {"nginx/tls/.gitignore": "*.key"},
        {".etckeeper": None},
    ],
    ids=lambda change: f"{'-' if None in change.values() else '+'}{next(iter(change))}",
)
def test_a_commit_that_brings_takes_or_changes_what_is_named_is_looked_at(change: dict[str, str | None]) -> None:
    before: dict[str, str] = {
        MAIN: main("ssl_certificate tls/a.pem;", "ssl_certificate_key tls/a.key;"),
        "nginx/tls/a.pem": "a",
        ".etckeeper": "",
    }
    after = {path: content for path, content in {**before, **change}.items() if content is not None}
    assert resolved(before).footprint.touched_by(differences(before, after))


def test_a_commit_to_a_neighbour_of_what_is_named_is_not() -> None:
    before: dict[str, str] = {MAIN: main("ssl_certificate tls/a.pem;"), "nginx/tls/a.pem": "a", ".etckeeper": ""}
    after = {**before, "nginx/tls/b.pem": "b", "nginx/.gitignore": "*.swp"}
    assert not resolved(before).footprint.touched_by(differences(before, after))
