"""What must hold for any bytes whatever: one function for each way that foreign bytes take into driftscan.

A target returns, or a bytes-finder has found something: an exception that nobody declared, an answer that is another
one the second time, or a promise that is broken. Hypothesis calls them with a few bytes in every run of the tests, and
`make fuzz` for hours.
"""

import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from driftscan.drift.scan import compare_states, judge_state
from driftscan.drift.state import State, build_state
from driftscan.errors import DriftscanError
from driftscan.history import certbot, dates, etckeeper, log, modes
from driftscan.history.commit import BlobId, Commit, CommitId, Entry, Identity, Kind, PathChange, Revision
from driftscan.history.installed import Installed
from driftscan.history.observe import Observer
from driftscan.history.packages import package_changes
from driftscan.history.redact import redact
from driftscan.history.snapshot import IgnoreRules, TreeIndex
from driftscan.history.sources import DIRECTORIES, FILES, is_source, read_sources
from driftscan.host.authorities import parse_authorities
from driftscan.host.crypto_policy import parse_policy
from driftscan.host.etckeeper import parse_push_remote
from driftscan.host.openssl_cnf import parse_openssl_cnf, system_defaults
from driftscan.host.options_file import parse_digest
from driftscan.host.read import read_host
from driftscan.host.renewal import parse_renewal
from driftscan.host.resolver import parse_hosts, parse_resolv_conf
from driftscan.nginx.certificates import read_certificates
from driftscan.nginx.dhparam import prime_bits
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.syntax import Broken, Statement, parse
from driftscan.nginx.treeglob import Outside, TreeView
from driftscan.patterns.catalogue import catalogue
from driftscan.report import json, text
from driftscan.report.about import lines_of, tried_out
from driftscan.report.check import Checked, build_check
from driftscan.report.printable import ACTING, printable
from driftscan.report.terminal import Palette
from driftscan.site.decided import decide
from driftscan.site.site import read_site, with_comments
from tests.fuzz.trees import tree_of
from tests.nginx.trees import platform

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Target = Callable[[bytes], None]


def syntax(data: bytes) -> None:
    """Statements that stand where they are said to stand, or a reason without anything that acts."""
    found = parse(data)
    assert parse(data) == found
    last = data.count(b"\n") + 1
    if isinstance(found, Broken):
        assert found.reason
        assert found.line is None or 1 <= found.line <= last
        return
    for statement in found:
        _stands_in_order(statement, 1, last)


def _stands_in_order(statement: Statement, first: int, last: int) -> None:
    assert first <= statement.line <= statement.ends <= last
    if statement.block is not None:
        assert statement.ends <= statement.closes <= last
        for inner in statement.block:
            _stands_in_order(inner, statement.ends, statement.closes)


def includes(data: bytes) -> None:
    """A configuration of any tree, the same each time, with each file of it in the tree."""
    tree = tree_of(data)
    config = resolve(tree, Sources(), Layout())
    again = resolve(tree, Sources(), Layout())
    assert (again.mains, again.gaps, again.files) == (config.mains, config.gaps, config.files)
    assert all(tree.kind(path) is Kind.FILE for path in config.files)
    assert not any("" in path.split("/") or ".." in path.split("/") for path in config.files)


def configuration(data: bytes) -> None:
    """The whole road of one tree: a state, what is wrong in it, patches that mend it, and all of that shown."""
    tree = tree_of(data)
    state = _state(tree)
    known = tuple(entry.matcher for entry in catalogue())
    lives = judge_state(state, known)
    site = with_comments(read_site(tree, ()), state.config.files, tree)
    decided = decide(lives, site.suppressions, NOW.date())
    patches = tried_out(decided.open, state, tree, known, Layout())
    lines_of(state, tree)
    checked = Checked("a tree", state, decided, patches, (*state.gaps, *site.gaps))
    shown = text.check(build_check(checked, show_suppressed=True), Palette.PLAIN)
    assert ACTING.search(shown.replace("\n", "").replace("\t", "")) is None
    json.check(checked)
    comparison = compare_states(state, state, known)
    assert (comparison.changes, comparison.introduced, comparison.resolved) == ((), (), ())


def _state(tree: TreeIndex) -> State:
    sources = Sources()
    host = read_host(TreeView(tree, "/etc", sources.targets), tree.read, {})
    return build_state(resolve(tree, sources, Layout()), platform(), host=host, when=NOW)


def messages(data: bytes) -> None:
    """A commit with any message: what it says of packages and versions, who made it, and what is shown of it."""
    said = log.text(data.replace(b"\0", b""))
    changes = package_changes(said)
    assert package_changes(said) == changes
    assert all(change.name and (change.before or change.after) for change in changes)
    someone = Identity(said[:40], said[-40:])
    commit = Commit(CommitId("1" * 40), (), someone, someone, NOW, NOW, said)
    came = etckeeper.origin(commit)
    for shown in (etckeeper.subject(commit), came.command or "", came.person or ""):
        assert ACTING.search(printable(shown)) is None
    Installed().before(changes, commit.id).after(changes, commit.id)
    observer = Observer(lambda _blob: data)
    observer.note(commit)
    paths = (*sorted(FILES), *(f"{folder}/x.list" for folder in sorted(DIRECTORIES)), "os-release", certbot.OPTIONS)
    entry = Entry(Kind.FILE, BlobId("2" * 40))
    observer.around(Revision(commit, tuple(PathChange(path, None, entry) for path in paths)))
    redacted = redact(said)
    assert redact(redacted) == redact(redacted)


def words(data: bytes) -> None:
    """What people write after --since, and what a history says of its dates."""
    word = log.text(data)
    log.moment(word)
    try:
        window = dates.Window.parse(word, None, NOW)
    except DriftscanError as error:
        assert "\n" not in printable(str(error))  # noqa: PT017 - that it is raised is no promise, only what it says
    else:
        window.describe()


def host_files(data: bytes) -> None:
    """Every other file in /etc that is read, each with the same bytes."""
    for parser in (parse_renewal, parse_authorities, parse_policy, parse_push_remote, parse_digest, parse_hosts):
        parser("a/file.conf", data)
    parse_resolv_conf("resolv.conf", data)
    items = parse_openssl_cnf("ssl/openssl.cnf", data)
    assert parse_openssl_cnf("ssl/openssl.cnf", data) == items
    system_defaults("ssl/openssl.cnf", items, lambda name: (items,) if name else None)
    certbot.renewed_by(data)
    found = modes.parse_modes(data)
    script = modes.ModesFile(lambda: data)
    for path in [path for path in found if path and "'" not in path][:20]:
        assert script.of(path) == found.of(path)
    for path in (*FILES, "apt/sources.list.d/a.sources", "yum.repos.d/a.repo", "apk/repositories.d/a.list"):
        assert is_source(path)
        read_sources(path, log.text(data))


def certificates(data: bytes) -> None:
    """Certificates and parameters of Diffie-Hellman."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_certificates(data)
    assert all(one.not_before is None or one.not_before.tzinfo for one in found.certificates)
    bits = prime_bits(data)
    assert bits is None or bits >= 0


def patterns(data: bytes) -> None:
    """A pattern of an include, and a .gitignore, both of which name paths."""
    first, _, rest = data.partition(b"\n")
    view = TreeView(tree_of(rest), "/etc")
    pattern = log.text(first)
    found = list(view.glob(f"/etc/nginx/{pattern}"))
    assert found == list(view.glob(f"/etc/nginx/{pattern}"))
    assert all(isinstance(match, str | Outside) for match in found)
    rules = {".gitignore": Entry(Kind.FILE, BlobId("3" * 40))}
    for path in ("nginx/nginx.conf", "a/b c/\udcff", pattern.strip("/") or "a"):
        IgnoreRules().is_ignored(path, rules, lambda _blob: rest)


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (syntax, includes, configuration, messages, words, host_files, certificates, patterns)
}
