import json

from tests.cli.conftest import SHOP, Incident, Run


def test_a_merge_tells_what_it_did_here_and_its_branch_tells_who_did_it(incident: Incident, run: Run) -> None:
    etc = incident.etc
    other = etc.commit(
        {"nginx/sites-available/shop": SHOP.replace("include", "ssl_protocols TLSv1.2;\n    include")},
        "shop: TLS 1.2 only",
        "2026-01-05T10:00:00+00:00",
        branch="other",
        parents=[incident.last],
        author=("zoe", "zoe@host.example"),
    )
    here = etc.commit({"motd": "again\n"}, "daily autocommit", "2026-01-06T06:25:00+00:00")
    merge = etc.commit(
        {"nginx/sites-available/shop": SHOP.replace("include", "ssl_protocols TLSv1.2;\n    include")},
        "Merge branch 'other'",
        "2026-01-06T11:00:00+00:00",
        parents=[here, other],
    )
    document = json.loads(run("log", "-C", incident.path, "--format", "json", "--since", "2026-01-05").out)
    told = [(step["commit"]["id"], step["merged_by"], len(step["findings"])) for step in document["steps"]]
    assert told == [(merge, None, 1), (other, merge, 0)]
    assert [len(step["changes"]) for step in document["steps"]] == [1, 1]
    assert document["range"]["commits"] == 3
    text = run("log", "-C", incident.path, "--since", "2026-01-05").out
    assert "zoe; made on another branch, which " in text


def test_what_both_branches_did_is_told_once(incident: Incident, run: Run) -> None:
    """The branch merges here before it is merged: what was walked already is not walked again."""
    etc = incident.etc
    side = etc.commit({"a": "1"}, when="2026-01-05T00:00:00+00:00", branch="side", parents=[incident.mended])
    back = etc.commit({"a": "2"}, when="2026-01-06T00:00:00+00:00", branch="side", parents=[side, incident.last])
    etc.commit({"a": "2"}, when="2026-01-07T00:00:00+00:00", parents=[incident.last, back])
    document = json.loads(run("log", "-C", incident.path, "--format", "json").out)
    assert [step["commit"]["id"] for step in document["steps"]] == [incident.mended, incident.broken]
    assert document["range"]["commits"] == 8
