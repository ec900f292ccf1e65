"""The settings of this host on the command line: what they decide, and what they have no say in."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.cli.options import Given, Place
from driftscan.configuration import read
from driftscan.history.observe import Options
from driftscan.nginx.includes import Layout
from tests.cli.conftest import DEFAULT, MAIN, Incident, Run

BROKEN = "[hook]\nnotfy = 'low'\n"
CONF = MAIN.replace("include /etc/nginx/sites-enabled/*;", DEFAULT)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of this host; empty until a test writes it."""
    path = tmp_path / "driftscan.toml"
    path.touch(0o600)
    monkeypatch.delenv("DRIFTSCAN_CONFIG")
    monkeypatch.setattr(read, "DEFAULT_FILE", path)
    return path


@pytest.fixture
def copy(tmp_path: Path) -> str:
    """An /etc that is in no repository."""
    (tmp_path / "copy" / "nginx").mkdir(parents=True)
    (tmp_path / "copy" / "nginx" / "nginx.conf").write_text(CONF)
    return str(tmp_path / "copy")


def nginx(run: Run, *arguments: str) -> tuple[str, str]:
    """The version that one state is judged on, and where that comes from."""
    ran = run("effective", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    version = json.loads(ran.out)["platform"]["nginx"]
    return version["version"], version["source"]


def host(settings: Path, directory: str, *lines: str) -> None:
    settings.write_text("\n".join(["[host]", f'directory = "{directory}"', *lines]))


def test_the_directory_of_the_host_is_where_verbs_look_and_its_versions_have_a_place(
    run: Run, settings: Path, incident: Incident
) -> None:
    host(settings, incident.path, 'nginx_version = "1.28.0"', 'openssl_version = "3.0.13"')
    assert nginx(run) == ("1.28.0", f"{settings}:3")
    ran = run("log", "--format", "json")
    assert (ran.code, json.loads(ran.out)["repository"]["path"]) == (0, incident.path)


def test_an_option_counts_more_than_a_variable_and_that_more_than_the_file(
    run: Run, settings: Path, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(settings, incident.path, 'nginx_version = "1.28.0"', 'openssl_version = "3.0.13"')
    monkeypatch.setenv("DRIFTSCAN_HOST_NGINX_VERSION", "1.27.0")
    assert nginx(run) == ("1.27.0", "DRIFTSCAN_HOST_NGINX_VERSION")
    assert nginx(run, "--nginx-version", "1.26.0") == ("1.26.0", "--nginx-version")
    platform = json.loads(run("effective", "--nginx-version", "1.26.0", "--format", "json").out)["platform"]
    library = platform["openssl"]
    assert (library["version"], library["source"]) == ("3.0.13", f"{settings}:4")


def test_the_facts_of_the_host_hold_for_its_directory_only(
    run: Run, settings: Path, incident: Incident, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(incident.path, other, symlinks=True)
    link = tmp_path / "link"
    link.symlink_to(other)
    host(settings, str(other), 'root = "/srv/etc"', 'conf = ["nginx/gone.conf"]', 'nginx_version = "1.28.0"')
    assert nginx(run, "-C", incident.path)[0] == "1.10.3"
    assert nginx(run, "-C", str(link), "--root", "/etc", "--conf", "nginx/nginx.conf")[0] == "1.28.0"
    assert "nginx/gone.conf" in run("effective", "-C", str(link)).out
    assert "nginx/gone.conf" not in run("effective", "-C", incident.path).out


def test_a_state_that_is_a_directory_has_the_facts_of_its_own_host(
    run: Run, settings: Path, incident: Incident, copy: str
) -> None:
    host(settings, incident.path, 'conf = ["nginx/gone.conf"]', 'nginx_version = "1.28.0"')
    assert nginx(run, copy)[1].startswith("newest stable nginx on ")
    ran = run("check", copy, "--fail-on", "none")
    assert (ran.code, "nginx/gone.conf" in ran.out) == (0, False)
    host(settings, copy, 'nginx_version = "1.28.0"')
    assert nginx(run, copy, "-C", incident.path) == ("1.28.0", f"{settings}:3")
    assert nginx(run, f"{copy}/../copy", "-C", incident.path) == ("1.28.0", f"{settings}:3")
    assert nginx(run, incident.broken, "-C", incident.path)[0] == "1.10.3"


def test_a_dump_may_come_from_any_host(run: Run, settings: Path, incident: Incident, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_text(f"# configuration file /etc/nginx/nginx.conf:\n{CONF}\n")
    host(settings, incident.path, 'nginx_version = "1.10.0"')
    assert nginx(run, str(dump))[0] != "1.10.0"
    assert nginx(run, str(dump), "--nginx-version", "1.10.0")[0] == "1.10.0"


def test_what_may_come_from_any_host_has_no_facts_not_even_where_it_is_that_of_the_host(settings: Path) -> None:
    host(settings, "/etc", 'root = "/etc"', 'nginx_version = "1.10.0"')
    place = Place.of(Path("/etc"), Given(), read.load(settings, {}))
    assert (place.root_given, place.elsewhere.root_given) == (True, False)
    assert place.elsewhere == Place(Path("/etc"), Layout(), Options(), root_given=False)
    assert place.at(Path("/")) == replace(place.elsewhere, directory=Path("/"), configured=place.configured)


@pytest.mark.usefixtures("settings")
def test_a_file_in_a_history_that_is_examined_is_data(
    run: Run, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident.etc.commit({"driftscan.toml": "color = 'always'\n[host]\nnginx_version = '1.28.0'\n", "motd": BROKEN})
    (incident.etc.path / "driftscan.toml").write_text(BROKEN)
    monkeypatch.chdir(incident.path)
    for directory in (incident.path, "."):
        assert nginx(run, "-C", directory)[0] == "1.10.3"
        assert "\x1b[" not in run("log", "-C", directory).out
    assert run("--show-config").out.count("driftscan.toml") == 2, "the file that was read, and where one belongs"


def test_what_check_fails_on_is_a_setting(
    run: Run, settings: Path, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(*arguments: str) -> int:
        return run("check", incident.broken, "-C", incident.path, "-q", *arguments).code

    assert code() == 1
    settings.write_text("[check]\nfail_on = 'none'")
    assert code() == 0
    assert code("--fail-on", "low") == 1
    monkeypatch.setenv("DRIFTSCAN_CHECK_FAIL_ON", "critical")
    assert code() == 1


def test_colour_is_a_setting(run: Run, settings: Path, incident: Incident) -> None:
    assert "\x1b[" not in run("log", "-C", incident.path).out
    settings.write_text("color = 'always'")
    for verb in (["log", "-C", incident.path], ["patterns"]):
        assert "\x1b[" in run(*verb).out
        assert "\x1b[" not in run(*verb, "--color", "never").out


def test_what_needs_no_settings_works_with_a_broken_file(
    run: Run, settings: Path, tmp_path: Path, incident: Incident
) -> None:
    settings.write_text(BROKEN)
    for arguments in (["--help"], ["--version"], ["log", "--help"], ["patterns"], ["check", "--help"]):
        assert run(*arguments).code == 0, arguments
    assert run("demo", str(tmp_path / "demo"), "-q", "-o", str(tmp_path / "demo.html")).code == 0
    says = f"driftscan: {settings}:2: hook.notfy: there is no such key; did you mean hook.notify?\n"
    for arguments in (["log", "-C", incident.path], ["check", "-C", incident.path], ["--show-config"]):
        ran = run(*arguments)
        assert (ran.code, ran.out, ran.err) == (2, "", says), arguments


def test_the_demo_is_the_same_on_every_host(run: Run, settings: Path, tmp_path: Path) -> None:
    arguments = ("demo", str(tmp_path / "demo"), "-q", "-o", str(tmp_path / "demo.html"))
    before = run(*arguments)
    shutil.rmtree(tmp_path / "demo")
    host(settings, str(tmp_path / "demo"), 'nginx_version = "1.28.0"', 'conf = ["nginx/gone.conf"]', 'root = "/x"')
    assert run(*arguments) == before


def test_where_the_tree_lies_is_said_by_the_option_or_else_by_the_settings(settings: Path, copy: str) -> None:
    host(settings, copy, 'root = "/srv/etc"')
    found = read.load(settings, {})
    roots = [Place.of(Path(copy), given, found).layout.root for given in (Given(), Given(root="/opt/etc"))]
    assert roots == ["/srv/etc", "/opt/etc"]


def test_a_file_that_others_can_write_is_not_obeyed(run: Run, settings: Path, incident: Incident) -> None:
    settings.write_text("color = 'always'")
    settings.chmod(0o660)
    ran = run("log", "-C", incident.path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"`chmod go-w {settings}`\n")


def test_another_file_can_be_named(run: Run, settings: Path, tmp_path: Path, incident: Incident) -> None:
    settings.write_text(BROKEN)
    named = tmp_path / "named.toml"
    named.touch(0o600)
    host(named, incident.path, 'nginx_version = "1.28.0"')
    ran = run("--config", str(named), "effective", "--format", "json")
    assert json.loads(ran.out)["platform"]["nginx"]["source"] == f"{named}:3"
    ran = run("--config", str(tmp_path / "gone"), "log", "-C", incident.path)
    assert (ran.code, ran.err) == (
        2,
        f"driftscan: {tmp_path}/gone: there is no such file; write it, or leave --config out\n",
    )


def test_the_settings_in_force_can_be_shown_and_are_a_file_of_settings(
    run: Run, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(settings, "/srv/etc", 'nginx_version = "1.28.0"')
    monkeypatch.setenv("DRIFTSCAN_HOOK_REPORTS", "3")
    ran = run("--show-config")
    assert (ran.code, ran.err) == (0, "")
    assert f'nginx_version = "1.28.0"  # {settings}:3\n' in ran.out
    assert "reports = 3  # DRIFTSCAN_HOOK_REPORTS\n" in ran.out
    again = tmp_path / "again.toml"
    again.touch(0o600)
    again.write_text(ran.out)
    monkeypatch.delenv("DRIFTSCAN_HOOK_REPORTS")
    assert read.load(again, {}).settings == read.load(settings, {"DRIFTSCAN_HOOK_REPORTS": "3"}).settings
    for order in (("--show-config", "--config", str(again)), ("--config", str(again), "--show-config", "log")):
        assert f"# Read: {again}\n" in run(*order).out


def test_without_a_verb_there_is_nothing_to_do(run: Run, settings: Path) -> None:
    ran = run("--config", str(settings))
    assert (ran.code, "Missing command." in ran.err) == (2, True)
    assert "Commands:" in run().err
