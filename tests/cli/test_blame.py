"""`driftscan blame`: the question put, and the answer as text and as JSON."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from driftscan.report import schema
from tests.cli.conftest import SHOP, Incident, Run
from tests.etc import EtcHistory, Link

SITE = "nginx/sites-available/shop"


def settings(out: str) -> dict[str, Any]:
    """The answer for the only endpoint."""
    document = json.loads(out)
    jsonschema.validate(document, schema.schema())
    (endpoint,) = document["blamed"]
    found: dict[str, Any] = endpoint["settings"]
    return found


def test_the_mend_is_blamed_for_the_value_and_the_break_for_the_line(incident: Incident, run: Run) -> None:
    done = run("blame", "-C", incident.path, "shop.example", "ssl_session_tickets")
    assert (done.code, done.err) == (0, f"range: the whole history of {incident.last[:12]} (HEAD)\n")
    assert (
        done.out
        == f"""\
In force: {incident.last[:12]} (HEAD)
    nginx 1.10.3 (package), OpenSSL 1.0.2g (package)
    nginx would load it, taking for granted /etc/nginx/ssl/default.crt,
    /etc/nginx/ssl/default.key and 2 more files

shop.example on 0.0.0.0:443
  server shop.example:443, nginx/sites-available/shop:1
  since 2026-01-03 09:40 +0000  {incident.mended[:8]}  nginx: no tickets in the default
    server either
    mina
    ssl_session_tickets  off
        before: off (default server: on) (nginx/snippets/tls.conf:2)
        nginx/snippets/tls.conf:2, written 2026-01-03 06:25 +0000 by {incident.broken[:8]}
          (daily timer), changed some time after 2026-01-02 06:25, up to 1 day
          before
        default server: nginx/sites-available/default:6, written by the same
          commit
        this server and the default server _:443 decide together
"""
    )


def test_an_earlier_commit_is_asked_about_itself(incident: Incident, run: Run) -> None:
    done = run("blame", "-q", "-C", incident.path, "shop.example", "ssl_session_*", "--rev", "HEAD~2")
    assert done.err == ""
    said = " ".join(done.out.split())
    since, start = said.index(f"since 2026-01-03 06:25 +0000 {incident.broken[:8]}"), said.index("since the history")
    assert since < said.index("ssl_session_tickets off (default server: on) before: on") < start
    assert "changed some time after 2026-01-02 06:25, up to 1 day before" in said
    assert "since the history begins, on 2026-01-01 12:00 +0000" in said
    assert start < said.index("ssl_session_cache none") < said.index("ssl_session_timeout 5m")


def test_the_same_as_json(incident: Incident, run: Run) -> None:
    done = run("blame", "-C", incident.path, "shop.example", "ssl_session_tickets", "--format", "json")
    assert json.loads(done.out)["commit"] == incident.last
    found = settings(done.out)["ssl_session_tickets"]
    since = found["since"]
    assert (found["value"], since["how"], since["commit"]["id"]) == ("off", "changed", incident.mended)
    assert since["before"]["split"] == {"sni_server": "off", "default_server": "on"}
    assert [(line["of"], line["at"]["path"], line["commit"]["id"]) for line in found["lines"]] == [
        ("decider", "nginx/snippets/tls.conf", incident.broken),
        ("default-server", "nginx/sites-available/default", incident.mended),
    ]


def test_defaults_are_told_where_they_are_asked_for(incident: Incident, run: Run) -> None:
    told = [
        set(settings(run("blame", "-C", incident.path, "shop.example", *more, "--format", "json").out))
        for more in ((), ("--all",), ("ssl_buffer_size",), ("ssl_buffer_size", "--port", "443"))
    ]
    assert "ssl_buffer_size" not in told[0]
    assert told[0] < told[1]
    assert "ssl_buffer_size" in told[1]
    assert told[2:] == [{"ssl_buffer_size"}] * 2


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (["nobody.example"], "`driftscan effective` lists those that do"),
        (["shop.example", "--port", "8443"], "no server answers TLS for it on port 8443 at HEAD"),
        (["shop.example", "ssl_nonsense"], "driftscan knows no such directive; `driftscan effective --all` lists them"),
        (["shop.example", "ssl_early_data"], "nginx 1.10.3 has no such directive for shop.example; leave it out"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_cure(
    incident: Incident, run: Run, arguments: list[str], cure: str
) -> None:
    done = run("blame", "-q", "-C", incident.path, *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert cure in done.err


def test_a_merge_is_told_with_the_commit_of_its_branch(incident: Incident, run: Run) -> None:
    etc, default = incident.etc, "nginx/sites-available/default"
    text = etc.git("show", f"HEAD:{default}").replace("}", "    ssl_protocols TLSv1.2;\n}")
    zoe = ("zoe", "zoe@host.example")
    other = etc.commit({default: text}, "TLS 1.2 only", branch="other", parents=[incident.last], author=zoe)
    here = etc.commit({"motd": "again\n"})
    merge = etc.commit({default: text}, "Merge branch 'other'", parents=[here, other])
    arguments = ("blame", "-C", incident.path, "shop.example", "ssl_protocols")
    since = settings(run(*arguments, "--format", "json").out)["ssl_protocols"]["since"]
    assert (since["commit"]["id"], since["brought"]) == (merge, [other])
    said = " ".join(run(*arguments).out.split())
    assert f"it is a merge; on the branch it was made by {other[:8]} (zoe)" in said


def in_the_dark(etc: EtcHistory, now: str) -> None:
    tls = "nginx/snippets/tls.conf"
    etc.commit({tls: Link("/srv/tls.conf")})
    etc.commit({tls: now})


def test_a_time_that_is_not_known_is_told(incident: Incident, run: Run) -> None:
    kept = "ssl_session_cache shared:tls:10m;\nssl_session_tickets off;\n"
    in_the_dark(incident.etc, kept)
    said = " ".join(run("blame", "-C", incident.path, "shop.example", "ssl_session_tickets").out.split())
    assert f"since 2026-01-03 09:40 +0000 {incident.mended[:8]}" in said
    assert "not known for a while, from 2026-01-05 06:25 +0000" in said
    assert "before that it was off (nginx/snippets/tls.conf:2); the same again with" in said
    in_the_dark(incident.etc, kept.replace("off", "on"))
    done = run("blame", "-C", incident.path, "shop.example", "ssl_session_tickets")
    said = " ".join(done.out.split())
    assert "since when is not known ssl_session_tickets" in said
    assert "it can be read since 2026-01-08 06:25 +0000 by" in said
    found = settings(run("blame", "-C", incident.path, "shop.example", "ssl_session_t*s", "--format", "json").out)
    since = found["ssl_session_tickets"]["since"]
    assert (since["how"], since["lost"]["before"]["value"]) == ("readable-again", "off")


def test_what_is_not_known_now_is_told_and_fails_where_that_is_wished(incident: Incident, run: Run) -> None:
    incident.etc.commit({"nginx/snippets/tls.conf": Link("/srv/tls.conf")})
    arguments = ("blame", "-C", incident.path, "shop.example", "ssl_session_tickets")
    incident.etc.commit({SITE: SHOP + "# a comment\n"})
    assert (run(*arguments).code, run(*arguments, "--strict").code) == (0, 0)  # it lies outside of the history
    said = " ".join(run(*arguments).out.split())
    assert "not known ssl_session_tickets not known from 2026-01-05 06:25 +0000" in said
    assert "cannot be read" in said
    incident.etc.commit({"nginx/snippets/tls.conf": Link("nowhere.conf")})
    assert run(*arguments, "--strict").code == 3


def test_what_nginx_refused_is_told_once_for_the_commit(incident: Incident, run: Run) -> None:
    incident.etc.commit({SITE: SHOP.replace("include", "ssl_protocols TLSv1.2; root a; root b; include")})
    incident.etc.commit({SITE: SHOP.replace("include", "ssl_ciphers HIGH; root a; root b; include")})
    done = run("blame", "-C", incident.path, "shop.example")
    assert " ".join(done.out.split()).count("nginx refused the configuration then, and still does") == 1
    since = settings(run("blame", "-C", incident.path, "shop.example", "ssl_ciphers", "--format", "json").out)
    assert since["ssl_ciphers"]["since"]["refused"] is True
    mended = incident.etc.commit({SITE: SHOP.replace("include", "ssl_ciphers HIGH; include")})
    since = settings(run("blame", "-C", incident.path, "shop.example", "ssl_ciphers", "--format", "json").out)
    assert since["ssl_ciphers"]["since"]["loads_with"] == mended
    said = " ".join(run("blame", "-C", incident.path, "shop.example").out.split())
    assert f"by {mended[:8]} (daily timer): what ran went on with what it had" in said


def test_a_renamed_server_and_one_that_came(incident: Incident, run: Run) -> None:
    renamed = incident.etc.commit({SITE: SHOP.replace("shop.example", "store.example")})
    said = " ".join(run("blame", "-C", incident.path, "store.example").out.split())
    assert f"the server was called shop.example until {renamed[:8]}" in said
    came = incident.etc.commit({SITE: SHOP.replace("shop.example", "store.example") + SHOP})
    said = " ".join(run("blame", "-C", incident.path, "shop.example", "ssl_protocols").out.split())
    assert f"{came[:8]} daily autocommit daily timer;" in said
    assert "the server came ssl_protocols" in said


def test_a_cut_history_is_told(incident: Incident, run: Run, tmp_path: Path) -> None:
    incident.etc.git("clone", "--quiet", "--depth=1", f"file://{incident.etc.path}", str(tmp_path / "cut"))
    said = " ".join(run("blame", "-C", str(tmp_path / "cut"), "shop.example", "ssl_session_tickets").out.split())
    assert f"since 2026-01-04 06:25 +0000 ({incident.last[:8]}), where the history is cut off, or before" in said
    assert "nginx/snippets/tls.conf:2, there where the history is cut off" in said


def test_nothing_of_a_name_acts_on_the_terminal(incident: Incident, run: Run) -> None:
    name = '"shop.example\x1b[2J"'
    incident.etc.commit({SITE: SHOP.replace("shop.example", f"shop.example {name}")}, "evil \x1b[2J subject")
    done = run("blame", "-C", incident.path, "shop.*")
    assert "\x1b" not in done.out
    assert "\\x1b" in done.out
