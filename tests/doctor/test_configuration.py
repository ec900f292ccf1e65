"""How much of nginx's configuration can be read, and on which versions it is judged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from driftscan.doctor import versions
from driftscan.doctor.check import ok, warning
from driftscan.doctor.subject import Subject
from driftscan.doctor.versions import Running
from driftscan.history.versions import Library, NginxVersion
from tests.doctor.conftest import about
from tests.etc import EtcHistory

Make = Callable[..., Subject]
SERVER = "server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key a.key; }\n"
MAIN = "events {}\nhttp {\n    include conf.d/*.conf;\n}\n"
WHOLE = {"nginx/nginx.conf": MAIN, "nginx/conf.d/a.conf": SERVER}
PACKAGES = (
    "committing changes in /etc after apt run\n\nPackage changes:\n"
    "+libssl3 3.0.15-1~deb12u1 amd64\n+nginx 1.22.1-9+deb12u1 amd64\n"
)


def test_a_configuration_that_can_be_read(subject: Make, etc: EtcHistory) -> None:
    etc.commit(WHOLE)
    assert about(subject(), "nginx") == [ok("nginx", "2 files read, 1 server, no gaps")]


def test_no_configuration(subject: Make, etc: EtcHistory) -> None:
    etc.commit({"motd": "x"})
    (check,) = [check for check in about(subject(), "nginx") if check.verdict.value == "fails"]
    assert check.found == "found no nginx/nginx.conf in the newest commit"
    assert check.cure == f"git -C {etc.path} ls-files '*nginx*.conf'"


def test_fragments_without_their_main_file(subject: Make, etc: EtcHistory) -> None:
    etc.commit({"nginx/conf.d/a.conf": SERVER})
    first, second = about(subject(), "nginx")
    assert first.found.startswith("nginx/nginx.conf is not in this history; read conf.d")
    assert first.cure == (
        f"driftscan check -C {etc.path} --conf nginx/nginx.conf  # for good: [host] conf in /etc/driftscan.toml"
    )
    assert second == ok("nginx", "1 file read, 1 server, no gaps")


def test_files_that_cannot_be_read(subject: Make, etc: EtcHistory) -> None:
    etc.commit(WHOLE | {f"nginx/conf.d/{name}.conf": "server {\n" for name in "bcde"})
    first = about(subject(), "nginx")[0]
    gap = 'nginx/conf.d/{}.conf:2: unexpected end of file, expecting "}}"'
    listed = "; ".join(gap.format(name) for name in "bcd")
    assert first == warning("nginx", f"2 files read, 1 server; 4 gaps: {listed}; and 1 more", "nginx -t")


def test_files_outside_and_foreign_directives(subject: Make, etc: EtcHistory) -> None:
    more = "include /usr/share/nginx/x.conf;\nbrotli on;\nmore_set_headers 'A: b';\nbrotli_types a;\n"
    more += "map $a $b { brotli 1; }\n"
    etc.commit(WHOLE | {"nginx/conf.d/b.conf": more, "nginx/conf.d/c.conf": "server { brotli off; }\n"})
    assert about(subject(), "nginx")[-2:] == [
        ok("nginx", "1 include outside this history, which are never read: /usr/share/nginx/x.conf"),
        ok(
            "nginx",
            "3 directives of other people's modules, which tell nothing here: "
            "brotli (2), more_set_headers (1), brotli_types (1)",
        ),
    ]


def test_a_configuration_that_nginx_refuses(subject: Make, etc: EtcHistory) -> None:
    etc.commit({"nginx/nginx.conf": "events {}\nhttp {\n    ssl_session_tickets maybe;\n}\n"}, PACKAGES)
    assert about(subject(), "nginx")[-1] == warning(
        "nginx",
        'it would not load: [emerg] invalid value "maybe" in "ssl_session_tickets" directive, it must be "on" or '
        '"off" in nginx/nginx.conf:3',
        "nginx -t",
    )


def test_versions_that_packages_name(subject: Make, etc: EtcHistory) -> None:
    commit = etc.commit(WHOLE, PACKAGES)[:12]
    assert about(subject(), "nginx version", "TLS library") == [
        ok("nginx version", f"1.22.1 (package: nginx 1.22.1-9+deb12u1 in commit {commit})"),
        ok("TLS library", f"OpenSSL 3.0.15 (package: libssl3 3.0.15-1~deb12u1 in commit {commit})"),
    ]


def test_versions_that_nothing_names(subject: Make, etc: EtcHistory) -> None:
    etc.commit(WHOLE, when="2026-01-01T00:00:00+00:00")
    assert about(subject(), "nginx version", "TLS library") == [
        warning(
            "nginx version",
            "1.28.0 is assumed (newest stable nginx on 2026-01-01)",
            "nginx -v  # then [host] nginx_version in /etc/driftscan.toml, or --nginx-version",
        ),
        warning(
            "TLS library",
            "the history names none: what depends on it is told with that doubt",
            "nginx -V  # then [host] openssl_version in /etc/driftscan.toml, or --openssl-version",
        ),
    ]


def test_what_nginx_of_this_host_says_itself(subject: Make, etc: EtcHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = etc.commit(WHOLE, PACKAGES)[:12]
    same = Running(NginxVersion(1, 22, 1), Library.parse("3.0.15"))
    monkeypatch.setattr(versions, "says_itself", lambda _: same)
    assert [check.found.rpartition("), ")[2] for check in about(subject(), "nginx version", "TLS library")] == [
        "as `nginx -V` says"
    ] * 2
    other = Running(NginxVersion(1, 26, 0), Library.parse("3.5.1"))
    monkeypatch.setattr(versions, "says_itself", lambda _: other)
    check = f"driftscan check -C {etc.path}"
    assert about(subject(), "nginx version", "TLS library") == [
        warning(
            "nginx version",
            f"the history says 1.22.1 (package: nginx 1.22.1-9+deb12u1 in commit {commit}), `nginx -V` says 1.26.0",
            f"{check} --nginx-version 1.26.0  # for good: [host] nginx_version in /etc/driftscan.toml",
        ),
        warning(
            "TLS library",
            f"the history says OpenSSL 3.0.15 (package: libssl3 3.0.15-1~deb12u1 in commit {commit}), "
            "`nginx -V` says OpenSSL 3.5.1",
            f"{check} --openssl-version 'OpenSSL 3.5.1'  # for good: [host] openssl_version in /etc/driftscan.toml",
        ),
    ]


def test_nginx_of_this_host_says_nothing_of_another_one(
    subject: Make, etc: EtcHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc.commit(WHOLE, PACKAGES)
    etc.path.rename(tmp_path / "copy")
    monkeypatch.setattr(versions, "says_itself", lambda _: pytest.fail("it was asked"))
    found = about(subject(directory=tmp_path / "copy"), "nginx version")
    assert [check.verdict.value for check in found] == ["ok"]


def test_a_program_that_others_could_have_written_is_not_run(tmp_path: Path) -> None:
    nginx = tmp_path / "nginx"
    nginx.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho 'nginx version: nginx/1.22.1' >&2\n")
    nginx.chmod(0o757)
    assert versions.says_itself(nginx) is None
    assert versions.says_itself(tmp_path / "absent") is None
    assert not (tmp_path / "ran").exists()


@pytest.mark.nginx
def test_the_real_nginx_says_what_it_is() -> None:
    said = versions.says_itself(Path("/usr/sbin/nginx"))
    assert said is not None
    assert said.library is not None
    assert said.library.family == "OpenSSL"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.22 25 Aug 2026 (running with OpenSSL 3.0.19 27 Jan)\n",
            Running(NginxVersion(1, 22, 1), Library.parse("3.0.19")),
        ),
        (
            "nginx version: nginx/1.10.3 (Ubuntu)\nbuilt with OpenSSL 1.0.2g  1 Mar 2016\n",
            Running(NginxVersion(1, 10, 3), Library.parse("1.0.2g")),
        ),
        (
            "nginx version: nginx/1.30.0\nbuilt with LibreSSL 4.0.0\n",
            Running(NginxVersion(1, 30, 0), Library.parse("LibreSSL 4.0.0")),
        ),
        ("nginx version: nginx/1.30.0\n", Running(NginxVersion(1, 30, 0), None)),
        ("Segmentation fault\n", None),
    ],
)
def test_what_is_understood_of_it(said: str, expected: Running | None) -> None:
    assert versions._read(said) == expected


def test_what_the_site_says(subject: Make, etc: EtcHistory) -> None:
    decision = '[[suppress]]\npattern = "{}"\nuntil = {}\nowner = "mina"\nreason = "so be it"\n'
    over, valid = decision.format("hsts-lost", "2025-12-31"), decision.format("weak-dhparam", "2026-12-31")
    etc.commit(WHOLE | {"driftscan/suppressions.toml": valid})
    assert about(subject(), "driftscan") == [
        ok("driftscan", "0 patterns of the site's own, 1 decision that still counts")
    ]
    etc.commit({"driftscan/suppressions.toml": valid + over, "driftscan/patterns.d/a.toml": "[[pattern]]\nid = 1\n"})
    broken, expired = about(subject(), "driftscan")
    assert broken.found.startswith("driftscan/patterns.d/a.toml")
    assert broken.cure.startswith("${EDITOR:-vi} ")
    assert broken.cure.endswith(f"{etc.path}/driftscan/patterns.d/a.toml")
    place = "driftscan/suppressions.toml"
    said = f"{place}:6: to live with hsts-lost was decided until 2025-12-31, which is over"
    assert expired == warning("driftscan", said, f"${{EDITOR:-vi}} +6 {etc.path}/{place}")
