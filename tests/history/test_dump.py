"""What `nginx -T` prints, read back."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.errors import DriftscanError
from driftscan.history.commit import Kind
from driftscan.history.dump import Dump, Printed, read
from driftscan.history.platform import Evidence, Known
from driftscan.history.snapshot import UnreadableBlob
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.syntax import Broken, parse
from tests.etc import ENVIRONMENT, EtcHistory
from tests.printed import block

MAIN = "/etc/nginx/nginx.conf"
SITE = "/etc/nginx/sites-enabled/shop"
SAID = (
    b'nginx: [warn] conflicting server name "" on 0.0.0.0:443, ignored\n'
    b'2026/11/24 04:00:00 [warn] 31053#31053: duplicate value "TLSv1.2" in /etc/nginx/nginx.conf:3\n'
    b"nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
    b"nginx: configuration file /etc/nginx/nginx.conf test is successful\n"
)
BUILD = (
    b"nginx version: nginx/1.22.1\n"
    b"built with OpenSSL 3.0.22 25 Aug 2026 (running with OpenSSL 3.0.19 27 Jan 2026)\n"
    b"TLS SNI support enabled\n"
    b"configure arguments: --with-cc-opt='-g -O2' --conf-path=/etc/nginx/nginx.conf {;\n"
)

EMERG = (
    b'2026/11/24 04:00:00 [emerg] 7#7: unknown directive "bogus" in /etc/nginx/nginx.conf:1\n'
    b"nginx: configuration file /etc/nginx/nginx.conf test failed\n"
)
NONE = "it holds no configuration, because nginx refuses it, and so `nginx -T` prints none: "


def is_whole(data: bytes) -> bool:
    return not isinstance(parse(data), Broken)


def files(data: bytes) -> dict[str, bytes]:
    return dict(read(data, "it", is_whole).files)


def refusal(data: bytes) -> str:
    with pytest.raises(DriftscanError) as caught:
        read(data, "it", is_whole)
    return str(caught.value)


@pytest.mark.parametrize("main", [b"events {}\n", b"events {}", b"", b"\n", b"events {}\n\n\n", b"# \xff\xfe\r\n"])
def test_a_file_has_the_bytes_that_nginx_read(main: bytes) -> None:
    data = block(MAIN, main) + block(SITE, b"server {}")
    assert files(data) == {MAIN: main, SITE: b"server {}"}
    assert list(files(data)) == [MAIN, SITE]


@pytest.mark.parametrize(
    "data",
    [
        SAID + block(MAIN, "events {}\n") + block(SITE, "server {}"),
        block(MAIN, "events {}\n") + SAID + block(SITE, "server {}"),
        block(MAIN, "events {}\n") + block(SITE, "server {}") + SAID,
        BUILD + SAID + block(MAIN, "events {}\n") + block(SITE, "server {}"),
        block(MAIN, "events {}\n") + block(SITE, "server {}") + BUILD,
        b"[sudo] password for mina: \n" + block(MAIN, "events {}\n") + block(SITE, "server {}"),
    ],
)
def test_what_is_said_on_stderr_is_part_of_no_file(data: bytes) -> None:
    assert files(data) == {MAIN: b"events {}\n", SITE: b"server {}"}


def test_a_message_between_two_lines_of_a_file_moves_none_of_them() -> None:
    assert files(block(MAIN, b"events {\n" + SAID + b"}\n")) == {MAIN: b"events {\n}\n"}


@pytest.mark.parametrize(
    "main",
    [
        pytest.param("http {\n# configuration file /etc/nginx/old.conf:\n}\n", id="in the middle of a block"),
        pytest.param("user www\n# configuration file /etc/nginx/old.conf:\n;\n", id="in the middle of a directive"),
        pytest.param('log_format a "\n# configuration file /etc/nginx/old.conf:\n";\n', id="in a word"),
        pytest.param("# configuration file /etc/nginx/old.conf:\nevents {}\n", id="right behind the header"),
        pytest.param(f"# configuration file {MAIN}:\nevents {{}}\n", id="its own name, right behind the header"),
        pytest.param(f"events {{}}\n# configuration file {MAIN}:\nhttp {{}}\n", id="its own name"),
        pytest.param("events {}\n# configuration file nginx.conf:\n", id="no absolute name"),
        pytest.param("events {}\n# configuration file of mina:\n  # configuration file /a:\n", id="no header at all"),
    ],
)
def test_a_comment_that_looks_like_a_header_is_text(main: str) -> None:
    assert files(block(MAIN, main) + block(SITE, "server {}")) == {MAIN: main.encode(), SITE: b"server {}"}


def test_a_comment_that_cannot_be_told_from_a_header_begins_a_file() -> None:
    data = block(MAIN, "events {}\n# configuration file /etc/nginx/old.conf:\nhttp {}\n")
    assert files(data) == {MAIN: b"events {}", "/etc/nginx/old.conf": b"http {}\n"}


def test_a_file_that_is_printed_for_every_include_is_one_file() -> None:
    snippet = block("/etc/nginx/tls.conf", "ssl_protocols TLSv1.2;\n")
    data = block(MAIN, "events {}\n") + snippet + snippet + block(SITE, "server {}") + snippet
    assert list(files(data)) == [MAIN, "/etc/nginx/tls.conf", SITE]
    assert files(data + data) == files(data)


def test_another_content_under_a_known_name_is_text() -> None:
    data = block(MAIN, "events {}\n") + block(SITE, f"server {{}}\n# configuration file {MAIN}:\nserver {{}}\n")
    assert files(data)[SITE] == f"server {{}}\n# configuration file {MAIN}:\nserver {{}}\n".encode()


def test_a_file_that_never_gets_whole_ends_at_the_next_header() -> None:
    cut = files(block(MAIN, "http {\n") + block(SITE, "server {}\n") + block("/etc/nginx/b", "x;"))
    assert cut == {MAIN: b"http {\n", SITE: b"server {}\n", "/etc/nginx/b": b"x;"}


def test_false_headers_are_tried_a_few_at_a_time() -> None:
    tried: list[int] = []

    def never(data: bytes) -> bool:
        tried.append(len(data))
        return False

    many = b"".join(block(f"/etc/{number}", "{\n") for number in range(300))
    assert len(read(many, "it", never).files) == 300
    assert len(tried) <= 300 * 8


def test_names_are_tidied_and_may_be_any_bytes() -> None:
    odd = b"# configuration file /etc//nginx/./a/../\xff b:\r\nevents {}\r\n\n"
    assert files(odd) == {"/etc/nginx/\udcff b": b"events {}\r\n"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty; `nginx -T` prints the configuration, if nginx accepts it"),
        (b" \n\n", "it is empty; `nginx -T` prints the configuration, if nginx accepts it"),
        (b"hello\n", "it is no dump of a configuration; `nginx -T` prints one"),
        (SAID, "it is no dump of a configuration; `nginx -T` prints one"),
        (b"\0\1\2" * 99, "it is no dump of a configuration; `nginx -T` prints one"),
        (b"events {}\n" + block(MAIN, "http {}"), "it is no dump of a configuration; `nginx -T` prints one"),
        (b"http {\n}\n" + block(MAIN, "http {}"), "it is no dump of a configuration; `nginx -T` prints one"),
        (
            EMERG,
            f'{NONE}unknown directive "bogus" in /etc/nginx/nginx.conf:1',
        ),
        (
            b"nginx: [emerg] host not found\n",
            f"{NONE}host not found",
        ),
        (
            block("conf/nginx.conf", "events {}"),
            "it names its files by relative paths; run `nginx -T` with the absolute ones for its -p and -c",
        ),
    ],
)
def test_what_is_no_dump_is_refused_with_the_cure(data: bytes, said: str) -> None:
    assert refusal(data) == said


@pytest.mark.parametrize(
    ("version", "nginx", "family"),
    [
        (b"nginx version: nginx/1.22.1", "1.22.1", None),
        (b"nginx version: nginx/1.18.0 (Ubuntu)", "1.18.0", "ubuntu"),
        (b"nginx version: nginx/1.27.4 (nginx-plus-r34)", "1.27.4", None),
        (b"nginx version: openresty/1.25.3.1", None, None),
        (b"# nginx version: nginx/1.22.1", None, None),
    ],
)
def test_nginx_tells_its_version(version: bytes, nginx: str | None, family: str | None) -> None:
    found = read(version + b"\n" + block(MAIN, "events {}"), "it", is_whole)
    known = None if nginx is None else Known(NginxVersion.parse(nginx), Evidence.PROGRAM, "nginx -V")
    assert (found.nginx, found.family) == (known, family)


@pytest.mark.parametrize(
    ("line", "library"),
    [
        (b"built with OpenSSL 3.0.9 30 May 2023", "OpenSSL 3.0.9"),
        (b"built with OpenSSL 3.0.9 30 May 2023 (running with OpenSSL 3.0.11 19 Sep 2023)", "OpenSSL 3.0.11"),
        (b"built with OpenSSL 1.0.2k-fips  26 Jan 2017", "OpenSSL 1.0.2k"),
        (b"built with LibreSSL 3.8.2", "LibreSSL 3.8.2"),
        (b"built with OpenSSL 1.1.1 (compatible; BoringSSL) (running with BoringSSL)", "BoringSSL"),
        (b"built with OpenSSL 1.1.1 (compatible; BoringSSL)", "BoringSSL"),
        (b"built with OpenSSL 1.1.1 (compatible; AWS-LC 1.30.1)", None),
        (b"built by gcc 12.2.0 (Debian 12.2.0-14)", None),
    ],
)
def test_nginx_tells_the_library_that_it_loads(line: bytes, library: str | None) -> None:
    found = read(block(MAIN, "events {}") + line + b"\n", "it", is_whole)
    known = None if library is None else Known(Library.parse(library), Evidence.PROGRAM, "nginx -V")
    assert found.library == known


def test_a_file_cannot_tell_a_version() -> None:
    assert read(block(MAIN, "events {}\n# built with OpenSSL 3.0.9\n"), "it", is_whole).library is None


@pytest.mark.parametrize(
    ("names", "root"),
    [
        ((MAIN, SITE), "/etc"),
        ((MAIN, "/usr/share/nginx/modules/mod-stream.conf"), "/"),
        (("/etcetera/nginx.conf",), "/"),
        (("/opt/nginx/conf/nginx.conf",), "/"),
    ],
)
def test_the_tree_is_of_etc_where_that_holds_everything(names: tuple[str, ...], root: str) -> None:
    found = Printed(dict.fromkeys(names, b""))
    assert (found.main, found.root) == (names[0], root)


def test_a_dump_is_the_tree_that_a_commit_of_its_files_would_have(etc: EtcHistory) -> None:
    from driftscan.history.repository import Repository  # noqa: PLC0415 - only this test needs git

    etc.commit({"nginx/nginx.conf": "events {}\n", "nginx/sites-enabled/shop": "server {}"})
    tree = Dump.of(Printed({MAIN: b"events {}\n", SITE: b"server {}", "/usr/x": b""}), "/etc")
    with Repository.open(etc.path) as repository:
        committed = repository.tree(repository.head)
        for path in ("nginx/nginx.conf", "nginx/sites-enabled/shop", "nginx", "", "usr/x", "nginx/nginx.conf/x"):
            assert tree.entry(path) == committed.entry(path), path
            assert tree.kind(path) == committed.kind(path), path
            assert tree.names(path) == committed.names(path), path
            assert tree.size(path) == committed.size(path), path
            if (entry := tree.entry(path)) is not None:
                assert tree.read(entry.blob) == committed.read(entry.blob)


def test_below_the_top_of_the_host_everything_is_there() -> None:
    tree = Dump.of(Printed({MAIN: b"", "/usr/x": b""}), "/")
    assert (tree.names(""), tree.kind("usr/x"), tree.size("usr/x")) == (frozenset({"etc", "usr"}), Kind.FILE, 0)


def test_nothing_follows_from_what_a_dump_has_not() -> None:
    tree = Dump.of(Printed({MAIN: b""}), "/etc")
    assert tree.may_lack("nginx/ssl/shop.crt")
    assert tree.may_lack("nginx/ssl/shop.crt", had=True)
    entry = Dump.of(Printed({MAIN: b"x"}), "/etc").entry("nginx/nginx.conf")
    assert entry is not None
    with pytest.raises(UnreadableBlob):
        tree.read(entry.blob)


LINE = st.sampled_from(
    ["", "# a comment", "server_name a;", "http {", "}", '"}', "x 'y;'", "# configuration file", "\r", "\udcff"]
)
CONTENT = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINE, max_size=6), st.sampled_from(["", "\n"]))
WHOLE = CONTENT.map(lambda text: text.encode("utf-8", "surrogateescape")).filter(is_whole)


@given(st.dictionaries(st.sampled_from([MAIN, SITE, "/a:", "/b c", "/etc/x"]), WHOLE, min_size=1), st.booleans())
def test_what_is_printed_is_read_back(wanted: dict[str, bytes], mixed: bool) -> None:
    data = (SAID if mixed else b"") + b"".join(block(name, content) for name, content in wanted.items())
    assert files(data) == wanted
    assert list(files(data)) == list(wanted)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_dump_or_are_refused(data: bytes) -> None:
    text = block(MAIN, "events {}") + data
    assert MAIN in files(text)
    try:
        read(data, "it", is_whole)
    except DriftscanError as error:
        assert "\n" not in str(error)  # noqa: PT017 - it may be a dump as well


@pytest.mark.nginx
@pytest.mark.parametrize("version", [True, False])
def test_nginx_prints_what_it_reads(tmp_path: Path, version: bool) -> None:
    main, site, odd = tmp_path / "nginx.conf", tmp_path / "sites/a", tmp_path / "sites/z"
    site.parent.mkdir()
    main.write_text(
        f"error_log stderr; pid {tmp_path}/nginx.pid;\nevents {{}}\n"
        "http {\n# configuration file /etc/nginx/nginx.conf:\naccess_log off; include sites/*; include sites/a;\n}\n"
    )
    site.write_text("# configuration file /etc/old:\nserver { listen 127.0.0.1:9; }")
    odd.symlink_to("a")
    environment = ENVIRONMENT | {"PATH": f"{ENVIRONMENT['PATH']}:{os.defpath}:/usr/sbin"}
    said = f"{'nginx -V; ' if version else ''}nginx -T -e stderr -p '{tmp_path}' -c nginx.conf"
    done = subprocess.run(["sh", "-c", f"({said}) 2>&1"], env=environment, capture_output=True, check=True)
    found = read(done.stdout, "it", is_whole)
    assert b"conflicting server name" in done.stdout
    assert dict(found.files) == {
        str(main): main.read_bytes(),
        str(site): site.read_bytes(),
        str(odd): site.read_bytes(),
    }
    assert (found.nginx is not None, found.library is not None) == (version, version)


@pytest.mark.nginx
def test_what_nginx_refuses_it_does_not_print(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("bogus;\n")
    environment = ENVIRONMENT | {"PATH": f"{ENVIRONMENT['PATH']}:{os.defpath}:/usr/sbin"}
    command = ["nginx", "-T", "-e", "stderr", "-p", str(tmp_path), "-c", "nginx.conf"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert refusal(done.stdout).endswith(f'prints none: unknown directive "bogus" in {tmp_path}/nginx.conf:1')
