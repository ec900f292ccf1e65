"""A dump of `nginx -T` as a state: in a file, on standard input, and beside every other kind of state."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest

from driftscan.cli import dumps
from driftscan.cli.options import matchers
from driftscan.cli.states import Opened, together
from driftscan.drift.scan import compare_states, judge_state
from driftscan.drift.state import build_state
from driftscan.history.dump import Dump, read
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.syntax import Broken, parse
from driftscan.report import schema
from tests import certificates
from tests.case_files import Case, all_cases, stage
from tests.cli.conftest import DEFAULT, MAIN, SHOP, Incident, Run
from tests.etc import ENVIRONMENT, EtcHistory, Link
from tests.printed import block, dump

TICKETS = "session-tickets-mismatch"
OPENSSL = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1.2\n"
OLD = ("--nginx-version", "1.10.3", "--openssl-version", "1.0.2g")
LIVE = "ssl_certificate ../crt.pem;\nssl_certificate_key ../key.pem;\nssl_session_tickets off;\n"
Feed = Callable[[bytes], None]


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Put bytes on standard input."""
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def printed(etc: EtcHistory, revision: str) -> bytes:
    """What nginx would print of a commit."""
    with Repository.open(etc.path) as repository:
        return dump(repository.tree(repository.resolve(revision)))


def written(file: Path, data: bytes) -> str:
    file.write_bytes(data)
    return str(file)


def document(text: str) -> dict[str, object]:
    """A document that keeps to the published schema."""
    told: dict[str, object] = json.loads(text)
    jsonschema.validate(told, schema.schema())
    return told


def test_a_dump_on_standard_input_is_checked_as_it_is(incident: Incident, run: Run, feed: Feed) -> None:
    feed(printed(incident.etc, incident.broken))
    ran = run("check", "-", "--openssl-version", "1.0.2g")
    assert ran.code == 1
    assert ran.err == "range: standard input (nginx -T of /etc/nginx/nginx.conf)\n"
    assert f"CRITICAL  {TICKETS}  open" in ran.out
    assert "see nginx/snippets/tls.conf:2" in ran.out


def test_nothing_is_missing_because_a_dump_has_it_not(incident: Incident, run: Run, feed: Feed) -> None:
    incident.etc.checkout()
    names = {finding["pattern"] for finding in json.loads(run("check", incident.path, "--format", "json").out)["open"]}
    feed(printed(incident.etc, "HEAD"))
    ran = run("check", "-", "--format", "json", "--strict")
    told = {finding["pattern"] for finding in json.loads(ran.out)["open"]}
    assert (ran.code, names - told, told - names) == (0, {"nginx-refuses-configuration"}, set())
    assert json.loads(ran.out)["load"]["ok"] is not False


def test_a_dump_has_no_patch_because_it_shows_no_links(incident: Incident, run: Run, feed: Feed) -> None:
    feed(printed(incident.etc, incident.broken))
    ran = run("check", "-", "--openssl-version", "1.0.2g", "--format", "json")
    assert [finding["patch"] for finding in json.loads(ran.out)["open"] if finding["pattern"] == TICKETS] == [None]


def test_a_dump_in_a_file_is_in_force(incident: Incident, run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "nginx.dump", printed(incident.etc, "HEAD"))
    ran = run("effective", file, "--sni", "shop.example", "--format", "json")
    (endpoint,) = json.loads(ran.out)["endpoints"]
    assert endpoint["server"]["at"] == {"path": "nginx/sites-enabled/shop", "line": 1}
    assert endpoint["settings"]["ssl_session_tickets"]["value"] == "off"
    assert ran.err == f"range: {file} (nginx -T of /etc/nginx/nginx.conf)\n"


def test_files_beside_etc_are_part_of_it(run: Run, feed: Feed) -> None:
    main = "include /usr/share/nginx/modules/*.conf;\nhttp { include /srv/site; }\n"
    module = block("/usr/share/nginx/modules/mod-stream.conf", "load_module modules/ngx_stream_module.so;\n")
    feed(
        block("/etc/nginx/nginx.conf", main)
        + module
        + block("/srv/site", SHOP.replace("    include snippets/tls.conf;\n", ""))
    )
    ran = run("effective", "-", "--sni", "shop.example", "--format", "json")
    found = json.loads(ran.out)
    assert found["gaps"] == []
    assert found["endpoints"][0]["server"]["at"] == {"path": "srv/site", "line": 1}


@pytest.mark.parametrize(
    ("arguments", "nginx", "library"),
    [
        ([], ("1.18.0", "nginx -V"), ("1.1.1f", "nginx -V")),
        (["--nginx-version", "1.20.1"], ("1.20.1", "option"), ("1.1.1f", "nginx -V")),
        (["--openssl-version", "3.0.2"], ("1.18.0", "nginx -V"), ("3.0.2", "option")),
    ],
)
def test_nginx_tells_its_versions_beside_the_dump(
    run: Run, feed: Feed, arguments: list[str], nginx: tuple[str, str], library: tuple[str, str]
) -> None:
    build = b"nginx version: nginx/1.18.0 (Ubuntu)\nbuilt with OpenSSL 1.1.1f  31 Mar 2020\n"
    feed(build + block("/etc/nginx/nginx.conf", "http { server { listen 443 ssl; } }"))
    platform = document(run("effective", "-", *arguments, "--format", "json").out)["platform"]
    assert isinstance(platform, dict)
    assert (platform["nginx"]["version"], platform["nginx"]["evidence"]) == nginx
    assert (platform["openssl"]["version"], platform["openssl"]["evidence"]) == library


def test_without_its_versions_they_are_assumed(run: Run, feed: Feed) -> None:
    feed(block("/etc/nginx/nginx.conf", "http { server { listen 443 ssl; } }"))
    platform = json.loads(run("effective", "-", "--format", "json").out)["platform"]
    assert (platform["nginx"]["evidence"], platform["openssl"]) == ("assumed", None)


# ---------------------------------------------------------------------- two states


@pytest.fixture
def host(tmp_path: Path) -> EtcHistory:
    """A host with certificates, a key that may be read by all, certbot's files and OpenSSL's."""
    etc = EtcHistory(tmp_path / "etc")
    expired = certificates.expand("@certificate names: shop.example; until: 2026-01-05\n")
    etc.commit(
        {
            "nginx/nginx.conf": MAIN,
            "nginx/sites-available/default": DEFAULT.replace("ssl/default", "/etc/ssl/default"),
            "nginx/sites-available/shop": SHOP.replace("ssl/shop", "/etc/ssl/shop"),
            "nginx/sites-enabled/00-default": Link("/etc/nginx/sites-available/default"),
            "nginx/sites-enabled/shop": Link("../sites-available/shop"),
            "nginx/snippets/tls.conf": "ssl_ciphers DEFAULT;\n",
            "ssl/default.crt": certificates.expand("@certificate names: other.example; until: 2099-01-01\n"),
            "ssl/default.key": certificates.expand("@key ec256\n"),
            "ssl/shop.crt": expired,
            "ssl/shop.key": certificates.expand("@key rsa2048\n"),
            "ssl/openssl.cnf": OPENSSL,
            "ca-certificates.conf": "mozilla/a.crt\n!mozilla/b.crt\n",
            ".etckeeper": "maybe chmod 0644 'ssl/shop.key'\nmaybe chmod 0755 'ssl'\n",
            "debian_version": "12.4\n",
        },
        when="2026-01-10T12:00:00+00:00",
    )
    etc.checkout()
    return etc


@pytest.fixture
def named(host: EtcHistory, tmp_path: Path, feed: Feed) -> Mapping[str, str]:
    """The names of one state, by what it is read from."""
    data = printed(host, "HEAD")
    feed(data)
    return {
        "revision": "HEAD",
        "date": "@{2026-01-10}",
        "directory": str(host.path),
        "file": written(tmp_path / "nginx.dump", data),
        "stdin": "-",
    }


KINDS = ("revision", "date", "directory", "file", "stdin")


def differences(text: str) -> tuple[object, object, object]:
    """What a comparison tells; nothing of it is where nothing is different."""
    told = document(text)
    return told["changes"], told["findings"], told["gaps"]


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("after", KINDS)
def test_a_state_is_no_other_one_under_another_name(
    before: str, after: str, host: EtcHistory, run: Run, named: Mapping[str, str]
) -> None:
    ran = run("diff", "-C", str(host.path), named[before], named[after], "--format", "json")
    if before == after == "stdin":
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == "driftscan: - is one dump, and is read once; write the other one into a file\n"
        return
    assert (ran.code, differences(ran.out)) == (0, ([], [], []))


@pytest.mark.parametrize("before", ["revision", "directory", "file", "stdin"])
@pytest.mark.parametrize("after", ["revision", "file"])
def test_a_difference_is_told_whatever_the_states_are(
    before: str, after: str, host: EtcHistory, run: Run, named: Mapping[str, str]
) -> None:
    host.commit({"nginx/snippets/tls.conf": "ssl_ciphers DEFAULT;\nssl_session_tickets off;\n"})
    was = "HEAD~1" if before == "revision" else named[before]
    now = "HEAD" if after == "revision" else written(host.path / "new.dump", printed(host, "HEAD"))
    ran = run("diff", "-C", str(host.path), was, now, "--format", "json", "--exit-code", *OLD)
    told = json.loads(ran.out)
    tickets = [change["after"]["value"] for change in told["changes"] if change["directive"] == "ssl_session_tickets"]
    introduced = {finding["pattern"] for finding in told["findings"] if finding["state"] == "introduced"}
    assert (ran.code, tickets, introduced) == (1, ["off (default server: on)", "off"], {TICKETS})


def test_what_a_dump_newly_names_is_looked_up_on_the_other_side(host: EtcHistory, run: Run, feed: Feed) -> None:
    data = printed(host, "HEAD").replace(b"/etc/ssl/shop.crt", b"/etc/ssl/default.crt")
    feed(data)
    ran = run("diff", "-C", str(host.path), "HEAD", "-", "--format", "json")
    assert "certificate-lacks-name" in {finding["pattern"] for finding in json.loads(ran.out)["findings"]}


def test_a_file_that_only_the_dump_names_is_on_the_host(host: EtcHistory, run: Run, feed: Feed) -> None:
    feed(printed(host, "HEAD").replace(b"/etc/ssl/shop.crt", b"/etc/ssl/new.crt"))
    ran = run("diff", "-C", str(host.path), "HEAD", "-", "--format", "json")
    told = {finding["pattern"] for finding in json.loads(ran.out)["findings"] if finding["state"] == "introduced"}
    assert "nginx-refuses-configuration" not in told


def test_what_lies_beside_etc_is_compared_by_nobody(run: Run, feed: Feed, tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path / "etc")
    main = "include /usr/share/nginx/modules/*.conf;\nhttp { server { listen 443 ssl; } }\n"
    etc.commit({"nginx/nginx.conf": main})
    module = block("/usr/share/nginx/modules/mod-stream.conf", "load_module modules/ngx_stream_module.so;\n")
    feed(block("/etc/nginx/nginx.conf", main) + module)
    for sides in (("HEAD", "-"), ("-", "HEAD")):
        ran = run("diff", "-C", str(etc.path), *sides, "--format", "json")
        assert differences(ran.out) == ([], [], [])
        feed(block("/etc/nginx/nginx.conf", main) + module)


def test_a_dump_of_files_beside_etc_is_compared_with_one_of_etc(run: Run, feed: Feed, tmp_path: Path) -> None:
    main = "include /usr/share/nginx/modules/*.conf;\nhttp { server { listen 443 ssl; } }\n"
    file = written(tmp_path / "nginx.dump", block("/etc/nginx/nginx.conf", main))
    feed(block("/etc/nginx/nginx.conf", main) + block("/usr/share/nginx/modules/a.conf", "pcre_jit on;\n"))
    assert differences(run("diff", file, "-", "--format", "json").out) == ([], [], [])


# ---------------------------------------------------------------------- what cannot be read


def test_the_same_name_without_a_path_is_a_revision(
    incident: Incident, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "nginx.dump", printed(incident.etc, "HEAD"))
    ran = run("check", "-C", incident.path, "nginx.dump")
    assert (ran.code, ran.out) == (2, "")
    assert "'nginx.dump' is no commit of" in ran.err
    assert ran.err.endswith("; to read what is here under that name, write ./nginx.dump\n")
    assert run("check", "./nginx.dump", "--fail-on", "none").code == 0
    incident.etc.git("branch", "nginx.dump", incident.broken)
    assert run("effective", "-C", incident.path, "nginx.dump").err == f"range: {incident.broken[:12]} (nginx.dump)\n"


def test_a_branch_with_a_slash_is_a_revision(incident: Incident, run: Run) -> None:
    incident.etc.git("branch", "mina/try", incident.broken)
    assert run("effective", "-C", incident.path, "mina/try").err == f"range: {incident.broken[:12]} (mina/try)\n"


@pytest.mark.parametrize("verb", ["effective", "check", "diff"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "standard input is empty; `nginx -T` prints the configuration, if nginx accepts it"),
        (b"hello\n", "standard input is no dump of a configuration; `nginx -T` prints one"),
    ],
)
def test_what_is_no_dump_is_refused_with_the_cure(verb: str, data: bytes, said: str, run: Run, feed: Feed) -> None:
    feed(data)
    ran = run(verb, "-")
    assert (ran.code, ran.out, ran.err) == (2, "", f"driftscan: {said}\n")


def test_a_file_that_is_no_dump_is_refused_by_its_name(run: Run, tmp_path: Path) -> None:
    ran = run("check", written(tmp_path / "nginx.dump", b"events {}\n"))
    said = f"driftscan: {tmp_path}/nginx.dump: is no dump of a configuration; `nginx -T` prints one\n"
    assert (ran.code, ran.err) == (2, said)


def test_a_pipe_is_refused_and_not_waited_for(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ran = run("check", str(tmp_path / "pipe"))
    assert (ran.code, ran.err) == (
        2,
        f"driftscan: {tmp_path}/pipe: no ordinary file; pipe the dump to standard input and name it -\n",
    )
    assert run("check", os.devnull).code == 2


@pytest.mark.parametrize(
    ("name", "said"), [("missing", "No such file or directory"), ("x" * 300, "File name too long")]
)
def test_what_cannot_be_opened_is_told(run: Run, tmp_path: Path, name: str, said: str) -> None:
    ran = run("check", str(tmp_path / name))
    assert (ran.code, ran.err) == (2, f"driftscan: {tmp_path / name}: {said}\n")


def test_what_may_not_be_read_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = written(tmp_path / "nginx.dump", b"")
    # Root may read everything, and tests may run as root.
    monkeypatch.setattr(dumps, "_require_ordinary", refuse)
    ran = run("check", file)
    assert (ran.code, ran.err) == (2, f"driftscan: {file}: Permission denied\n")


def test_a_file_that_no_configuration_fills_is_refused(
    run: Run, feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dumps, "LARGEST", 1024**2)
    data = block("/etc/nginx/nginx.conf", "#" * 1024**2)
    feed(data)
    for state in (written(tmp_path / "nginx.dump", data), "-"):
        ran = run("check", state)
        assert ran.code == 2
        assert ran.err.endswith("is larger than 1 MiB, and no configuration; `nginx -T` prints one\n")


def test_a_terminal_is_not_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    main, terminal = os.openpty()
    with os.fdopen(terminal) as stdin, os.fdopen(main):
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = run("check", "-")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "driftscan: -: standard input is a terminal; pipe into it what `nginx -T` prints, "
        "as in `nginx -T 2>&1 | driftscan check -`\n"
    )


def test_a_closed_standard_input_is_told() -> None:
    command = f"exec '{sys.executable}' -m driftscan check - <&-"
    done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "standard input is closed" in done.stderr


# ---------------------------------------------------------------------- real nginx


@pytest.fixture
def live(tmp_path: Path) -> EtcHistory:
    """A committed prefix that nginx of this machine loads, with a certificate, and links to its sites."""
    etc = EtcHistory(tmp_path / "etc")
    subject = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    pair = ["-keyout", str(etc.path / "key.pem"), "-out", str(etc.path / "crt.pem")]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *pair]
    subprocess.run(request, check=True, capture_output=True)
    site = "server {\n    listen 127.0.0.1:9%s ssl%s;\n    server_name %s;\n    include tls.conf;\n}\n"
    etc.commit(
        {
            "nginx/nginx.conf": f"error_log stderr;\npid {tmp_path}/nginx.pid;\nevents {{}}\n"
            "http {\n    access_log off;\n    include sites/*;\n}\n",
            "nginx/tls.conf": LIVE,
            "nginx/available/a": site % ("443", " default_server", "_"),
            "nginx/available/b": site % ("443", "", "shop.example"),
            "nginx/sites/0": Link("../available/a"),
            "nginx/sites/shop": Link("../available/b"),
            "crt.pem": (etc.path / "crt.pem").read_text(),
            "key.pem": (etc.path / "key.pem").read_text(),
        },
        when="2026-01-10T12:00:00+00:00",
    )
    etc.checkout()
    return etc


def nginx_prints(etc: EtcHistory, *, versions: bool = False) -> bytes:
    command = f"nginx -T -e stderr -p '{etc.path}' -c nginx/nginx.conf"
    environment = ENVIRONMENT | {"PATH": f"{ENVIRONMENT['PATH']}:/usr/sbin"}
    said = f"({'nginx -V;' if versions else ''} {command}) 2>&1"
    return subprocess.run(["sh", "-c", said], env=environment, capture_output=True, check=True).stdout


@pytest.mark.nginx
@pytest.mark.parametrize("versions", [True, False])
def test_an_unchanged_host_is_silent(live: EtcHistory, run: Run, feed: Feed, versions: bool) -> None:
    place = ["-C", str(live.path), "--root", str(live.path)]
    data = nginx_prints(live, versions=versions)
    for sides in (("HEAD", "-"), ("-", "HEAD"), ("-", str(live.path)), (str(live.path), "-")):
        feed(data)
        ran = run("diff", *place, *sides, "--exit-code", "--strict", "--format", "json")
        assert (ran.code, differences(ran.out)) == (0, ([], [], []))


@pytest.mark.nginx
def test_what_is_live_and_not_committed_is_told(live: EtcHistory, run: Run, feed: Feed) -> None:
    tls = live.path / "nginx/tls.conf"
    tls.write_text(tls.read_text() + "ssl_protocols TLSv1.3;\n")
    feed(nginx_prints(live))
    ran = run("diff", "-C", str(live.path), "--root", str(live.path), "HEAD", "-", "--format", "json", "--exit-code")
    told = json.loads(ran.out)
    assert (ran.code, [found["pattern"] for found in told["findings"]]) == (
        1,
        ["protocols-narrowed"],
    )
    assert {change["directive"] for change in told["changes"] if change["scope"] == "in-force"} == {"ssl_protocols"}


# ---------------------------------------------------------------------- everything that is known to break


@pytest.mark.parametrize("case", all_cases()[::20], ids=lambda case: case.name)
def test_a_dump_tells_nothing_that_its_tree_does_not(case: Case, tmp_path: Path) -> None:
    staged = stage(case, tmp_path / "etc")
    known = matchers()
    with Repository.open(staged.path) as repository:
        commits = repository.revisions(repository.select(Selection()))
        for state, revision in zip(staged.states(), commits, strict=True):
            tree = repository.tree(revision.commit.id)
            if state.load.ok is False or state.config.gaps:
                continue  # nginx prints nothing that it does not load
            found = read(dump(tree), "it", lambda data: not isinstance(parse(data), Broken))
            layout = Layout("/etc", ("nginx/nginx.conf",))
            files = Dump.of(found, "/etc")
            alone = build_state(resolve(files, Sources(), layout), state.platform, when=state.when)
            told = {life.finding.fingerprint for life in judge_state(state, known)}
            assert {life.finding.fingerprint for life in judge_state(alone, known)} <= told
            sides = Opened("tree", state, tree, Layout()), Opened("dump", alone, files, layout, printed=found)
            for pair in (sides, sides[::-1]):
                was, now = together(*pair)
                compared = compare_states(was.state, now.state, known)
                assert (compared.changes, compared.introduced, compared.resolved) == ((), (), ())
                assert (compared.opened, compared.closed) == ((), ())
