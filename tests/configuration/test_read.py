"""The settings in force: which of several counts, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from driftscan.configuration.keys import KEYS
from driftscan.configuration.read import load
from driftscan.configuration.settings import DEFAULTS, HookSettings, HostSettings, Settings
from driftscan.errors import DriftscanError
from tests.configuration.conftest import Write

WHOLE = """\
color = "never"

[host]
directory = "/srv/web1/etc"
root = "/etc"
conf = ["nginx/nginx.conf", "nginx/mail.conf"]
nginx_version = "1.22.1"
openssl_version = "LibreSSL 3.8.2"

[check]
fail_on = "none"

[hook]
notify = "medium"
state = "/var/lib/driftscan"
reports = 0
time_limit = 3600
command = ["/usr/local/bin/page", "--who", "mina and jo"]
command_time_limit = 1
syslog = true
textfile = "/var/lib/node_exporter/driftscan.prom"
"""


def test_with_nothing_said_all_is_default() -> None:
    found = load(None, {})
    assert (found.settings, found.sources, found.file) == (DEFAULTS, {}, None)


def test_every_setting_can_be_written_in_a_file_and_tells_its_line(write: Write) -> None:
    path = write(WHOLE)
    found = load(path, {})
    assert found.settings.host == HostSettings(
        directory="/srv/web1/etc",
        conf=["nginx/nginx.conf", "nginx/mail.conf"],
        nginx_version="1.22.1",
        openssl_version="LibreSSL 3.8.2",
    )
    assert (found.settings.color, found.settings.check.fail_on, found.file) == ("never", "none", path)
    assert found.settings.hook == HookSettings(
        notify="medium",
        state="/var/lib/driftscan",
        reports=0,
        time_limit=3600,
        command=["/usr/local/bin/page", "--who", "mina and jo"],
        command_time_limit=1,
        syslog=True,
        textfile="/var/lib/node_exporter/driftscan.prom",
    )
    assert found.sources.keys() == KEYS.keys(), "also of a value that is the default"
    assert found.sources["color"] == f"{path}:1"
    assert found.sources["hook.textfile"] == f"{path}:21"


@pytest.mark.parametrize(
    "text",
    [
        '[hook]\nnotify = "low"',
        'hook.notify = "low"',
        'hook = { notify = "low" }',
        '"hook"."notify" = "low"',
        'color = """auto"""\n\n[ hook ] # \nnotify = \'low\'',
    ],
)
def test_a_file_may_be_written_in_any_way_that_toml_has(write: Write, text: str) -> None:
    found = load(write(text), {})
    assert found.settings.hook.notify == "low"
    assert found.sources["hook.notify"].endswith(f":{len(text.splitlines())}")


def test_a_variable_counts_more_than_the_file_and_the_file_more_than_the_default(write: Write) -> None:
    found = load(write('[hook]\nnotify = "low"\nreports = 3\n'), {"DRIFTSCAN_HOOK_NOTIFY": "critical"})
    assert found.settings == Settings(hook=HookSettings(notify="critical", reports=3))
    assert found.sources["hook.notify"] == "DRIFTSCAN_HOOK_NOTIFY"
    assert found.sources["hook.reports"].endswith("driftscan.toml:3")


def test_the_file_is_the_one_of_the_option_then_of_the_variable_then_the_default(
    write: Write, default_file: Path, tmp_path: Path
) -> None:
    default_file.write_text('color = "always"')
    default_file.chmod(0o600)
    assert load(None, {}).file == default_file
    named = tmp_path / "named.toml"
    named.touch(0o600)
    assert load(None, {"DRIFTSCAN_CONFIG": str(named)}).file == named
    option = write("")
    assert load(option, {"DRIFTSCAN_CONFIG": "/nowhere"}).file == option
    assert load(None, {"DRIFTSCAN_CONFIG": ""}).settings.color == "always"


@pytest.mark.parametrize(
    ("path", "environment", "says"),
    [
        (Path("/nowhere.toml"), {}, "leave --config out"),
        (None, {"DRIFTSCAN_CONFIG": "/nowhere.toml"}, "leave DRIFTSCAN_CONFIG out"),
    ],
)
def test_a_file_that_is_named_must_be_there(path: Path | None, environment: dict[str, str], says: str) -> None:
    with pytest.raises(DriftscanError, match=f"^/nowhere.toml: there is no such file; write it, or {says}$"):
        load(path, environment)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[hook]\n\nnotfy = 1", "3: hook.notfy: there is no such key; did you mean hook.notify?"),
        ('fail_on = "low"', "1: fail_on: there is no such key; did you mean check.fail_on?"),
        ('[hook]\nfail_on = "low"', "2: hook.fail_on: there is no such key; did you mean check.fail_on?"),
        ("[hok]\nreports = 1", "1: hok: there is no such key; did you mean hook?"),
        ("[check]\nwhat = 1", "2: check.what: there is no such key; known are check.fail_on"),
        ("zzz = 1", "1: zzz: there is no such key; known are color, host, check, hook"),
        ('"hook.reports" = 1', "1: hook.reports: there is no such key"),
        ("[host.hook]\nreports = 1", "1: host.hook: there is no such key"),
        ("#\nhook = 3", "2: hook is a table; write [hook]"),
        ("[[check]]\nfail_on = 'low'", "1: check is a table; write [check]"),
        ('color = "allways"', "1: color: 'allways' is not one of auto, always, never; did you mean always?"),
        ("color.a = 1", "1: color: a table is not one of auto, always, never"),
        ('check.fail_on = "HIGH"', "did you mean high?"),
        ('[hook]\nreports = "20"', "2: hook.reports: '20' is not a whole number from 0 to 1000"),
        ("[hook]\nreports = true", "2: hook.reports: true is not a whole number from 0 to 1000"),
        ("[hook]\nreports = 1001", "2: hook.reports: 1001 is not a whole number from 0 to 1000"),
        ("[hook]\ntime_limit = 0", "2: hook.time_limit: 0 is not a whole number from 1 to 3600"),
        (f"[hook]\ntime_limit = {'9' * 400}", f"2: hook.time_limit: {'9' * 80}... is not"),
        ("[hook]\nsyslog = 1", "2: hook.syslog: 1 is not true or false"),
        ('[hook]\nstate = "~/state"', "2: hook.state: '~/state' is not an absolute path"),
        ('[hook]\nstate = "/a\\nb"', "2: hook.state: '/a\\nb' is not an absolute path of printable characters"),
        ('[hook]\ntextfile = "/a.txt"', "2: hook.textfile: '/a.txt' is not an absolute path ending in .prom"),
        ('[hook]\ntextfile = "/a.prom\\n"', "is not an absolute path ending in .prom"),
        ('[hook]\ntextfile = "a.prom"', "is not an absolute path ending in .prom"),
        ('[hook]\ncommand = ["mail", "root"]', "2: hook.command: the program 'mail' is not an absolute path"),
        ('[hook]\ncommand = "/bin/mail"', "2: hook.command: '/bin/mail' is not a list of strings"),
        ('[hook]\ncommand = ["/bin/a", "\\u0000"]', "2: hook.command: ['/bin/a', '\\x00'] is not a list of strings"),
        ('[host]\nroot = "etc"', "2: host.root: 'etc' is not an absolute path"),
        ('[host]\ndirectory = ""', "2: host.directory: '' is not an absolute path"),
        ('[host]\nconf = ["a", "../b"]', "2: host.conf: ['a', '../b'] is not a list of paths inside the tree"),
        ('[host]\nconf = ["a/.."]', "is not a list of paths inside the tree, without .."),
        ('[host]\nconf = ["a\\n/../b"]', "is not a list of paths inside the tree, without .."),
        ('[host]\nconf = [""]', "is not a list of paths inside the tree, without .."),
        ('[host]\nnginx_version = "new"', "2: host.nginx_version: 'new' is not an nginx version; write it like 1.22.1"),
        ("[host]\nnginx_version = 1.22", "2: host.nginx_version: 1.22 is not a string"),
        ('[host]\nopenssl_version = ""', "2: host.openssl_version: '' is not a TLS library version"),
        ("\n[hook\n", "2: it is no TOML: "),
        ("color = 'auto'\ncolor = 'never'", " it is no TOML: "),
    ],
)
def test_what_is_wrong_is_told_with_file_line_key_and_cure(write: Write, text: str, says: str) -> None:
    path = write(text)
    with pytest.raises(DriftscanError) as refused:
        load(path, {})
    assert str(refused.value).startswith(f"{path}:")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "text", ["[host]\nconf = ['...', 'a..b/..c', 'nginx/x y.conf']", "[hook]\ncommand = []", "color = 'auto'\r\n"]
)
def test_what_only_looks_wrong_is_not(write: Write, text: str) -> None:
    load(write(text), {})


@pytest.mark.parametrize(
    ("variable", "text", "dotted", "value"),
    [
        ("DRIFTSCAN_COLOR", "never", "color", "never"),
        ("DRIFTSCAN_HOST_DIRECTORY", "/srv/etc", "host.directory", "/srv/etc"),
        ("DRIFTSCAN_HOST_NGINX_VERSION", "1.30.0", "host.nginx_version", "1.30.0"),
        ("DRIFTSCAN_HOST_NGINX_VERSION", "", "host.nginx_version", None),
        ("DRIFTSCAN_HOST_CONF", "nginx/a.conf 'nginx/b c.conf'", "host.conf", ["nginx/a.conf", "nginx/b c.conf"]),
        ("DRIFTSCAN_CHECK_FAIL_ON", "none", "check.fail_on", "none"),
        (
            "DRIFTSCAN_HOOK_COMMAND",
            "/bin/page --to 'mina and jo'",
            "hook.command",
            ["/bin/page", "--to", "mina and jo"],
        ),
        ("DRIFTSCAN_HOOK_COMMAND", "", "hook.command", []),
        ("DRIFTSCAN_HOOK_REPORTS", "7", "hook.reports", 7),
        *[("DRIFTSCAN_HOOK_SYSLOG", text, "hook.syslog", True) for text in ("true", "yes", "1", "TRUE")],
        *[("DRIFTSCAN_HOOK_SYSLOG", text, "hook.syslog", False) for text in ("false", "no", "0")],
        ("DRIFTSCAN_HOOK_STATE", "", "hook.state", None),
    ],
)
def test_every_setting_has_a_variable(write: Write, variable: str, text: str, dotted: str, value: object) -> None:
    path = write('[host]\nnginx_version = "1.2.0"\n[hook]\nstate = "/a"\nsyslog = true\ncommand = ["/bin/x"]')
    found = load(path, {variable: text, "PATH": "/bin"})
    here: object = found.settings
    for name in dotted.split("."):
        here = getattr(here, name)
    assert here == value
    assert found.sources[dotted] == variable


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("DRIFTSCAN_COLOUR", "never", "there is no such setting; did you mean DRIFTSCAN_COLOR?"),
        ("DRIFTSCAN_CONFG", "/a", "there is no such setting; did you mean DRIFTSCAN_CONFIG?"),
        ("DRIFTSCAN_FAIL_ON", "low", "there is no such setting; did you mean DRIFTSCAN_CHECK_FAIL_ON?"),
        ("DRIFTSCAN_HOOKS_NOTIFY", "low", "there is no such setting; did you mean DRIFTSCAN_HOOK_NOTIFY?"),
        ("DRIFTSCAN_CHECK_URL", "low", "there is no such setting; known are DRIFTSCAN_CHECK_FAIL_ON"),
        ("DRIFTSCAN_HOOK_REPORTS", "many", "'many' is not a whole number from 0 to 1000"),
        ("DRIFTSCAN_HOOK_REPORTS", "-1", "'-1' is not a whole number from 0 to 1000"),
        ("DRIFTSCAN_HOOK_REPORTS", "9" * 5000, "is not a whole number from 0 to 1000"),
        ("DRIFTSCAN_HOOK_REPORTS", "", "'' is not a whole number from 0 to 1000"),
        ("DRIFTSCAN_HOOK_SYSLOG", "maybe", "'maybe' is not true or false"),
        ("DRIFTSCAN_HOOK_COMMAND", "/bin/page 'mina", 'the quotes in "/bin/page \'mina" do not match'),
        ("DRIFTSCAN_HOOK_STATE", "/a\udcff", "its value is not UTF-8"),
        ("DRIFTSCAN_COLOR", "", "'' is not one of auto, always, never"),
    ],
)
def test_a_variable_that_is_wrong_is_told_with_its_name_and_the_cure(variable: str, text: str, says: str) -> None:
    with pytest.raises(DriftscanError) as refused:
        load(None, {variable: text})
    assert str(refused.value).startswith(f"{variable}: ")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "variable",
    [
        "DRIFTSCAN_VERSION",
        "DRIFTSCAN_CORPORA",
        "DRIFTSCAN_SARIF_SCHEMA",
        "_DRIFTSCAN_COMPLETE",
        "DRIFTSCAN_HOST",
        "DRIFTSCAN__X",
        "DRIFTSCANNER",
    ],
)
def test_a_variable_that_means_nothing_here_may_mean_something_to_somebody_else(variable: str) -> None:
    assert load(None, {variable: "x"}).settings == DEFAULTS


def test_every_setting_is_described_and_named_once() -> None:
    assert len({key.variable for key in KEYS.values()}) == len(KEYS)
    assert all(key.description.endswith(".") for key in KEYS.values())
