from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from driftscan.history import certbot, observe
from driftscan.history.commit import BlobId, Commit, CommitId, Entry, Identity, Kind, PathChange, Revision
from driftscan.history.observe import Observer, Options
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.snapshot import TreeIndex, UnreadableBlob
from driftscan.history.versions import Library, NginxVersion
from tests.etc import EtcHistory

ROOT = Identity("root", "root@vm.example")
DAY = datetime(2024, 5, 1, tzinfo=UTC)
ID = CommitId("1a2b3c4d5e6f" + "0" * 28)
ASSUMED = Known(NginxVersion(1, 26, 0), Evidence.ASSUMED, "newest stable nginx on 2024-05-01")


def unreadable(blob: BlobId) -> bytes:
    raise UnreadableBlob(blob)


def revision(*lines: str, manager: str = "apt", changes: tuple[PathChange, ...] = (), id_: CommitId = ID) -> Revision:
    message = f"committing changes in /etc after {manager} run\n\nPackage changes:\n" + "\n".join(lines)
    return Revision(Commit(id_, (), ROOT, ROOT, DAY, DAY, message), changes)


def after(*runs: Sequence[str], manager: str = "apt") -> Platform:
    observer = Observer(unreadable)
    platform = observe.assumed(DAY.date())
    for lines in runs:
        platform = observer.at(revision(*lines, manager=manager))
    return platform


def test_without_any_word_nginx_is_assumed_and_the_rest_is_not_known() -> None:
    assert after([]) == Platform(ASSUMED, None, None)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2007, 11, 1), "1.4.0"),
        (date(2013, 4, 24), "1.4.0"),
        (date(2014, 4, 23), "1.4.0"),
        (date(2014, 4, 24), "1.6.0"),
        (date(2019, 7, 13), "1.16.0"),
        (date(2022, 5, 23), "1.20.0"),
        (date(2022, 5, 24), "1.22.0"),
        (date(2025, 4, 22), "1.26.0"),
        (date(2026, 4, 14), "1.30.0"),
        (date(2040, 1, 1), "1.30.0"),
    ],
)
def test_the_assumed_nginx_is_the_newest_stable_of_the_day(day: date, version: str) -> None:
    known = Known(NginxVersion.parse(version), Evidence.ASSUMED, f"newest stable nginx on {day}")
    assert observe.assumed(day) == Platform(known)


NGINX = [
    (
        "apt",
        ["nginx-core 1.18.0-6ubuntu14 amd64", "nginx-common 1.18.0-6ubuntu14 all"],
        "1.18.0",
        "nginx-core 1.18.0-6ubuntu14",
    ),
    ("apt", ["nginx-common 1.6.2-5 all", "nginx-light 1.6.2-5 amd64"], "1.6.2", "nginx-light 1.6.2-5"),
    ("apt", ["nginx 1.26.3-3+deb13u1 amd64"], "1.26.3", "nginx 1.26.3-3+deb13u1"),
    ("apt", ["nginx-extras 1.14.2-2+deb10u4 amd64"], "1.14.2", "nginx-extras 1.14.2-2+deb10u4"),
    ("apt", ["nginx 1.28.0-1~bookworm amd64"], "1.28.0", "nginx 1.28.0-1~bookworm"),
    ("apt", ["nginx-common 1.18.0-1 all"], "1.18.0", "nginx-common 1.18.0-1"),
    (
        "dnf",
        ["1:nginx-1.20.1-16.el9.x86_64", "2:nginx-core-1.22.1-16.el9.x86_64"],
        "1.22.1",
        "nginx-core 2:1.22.1-16.el9",
    ),
    ("apk", ["nginx-1.26.2-r0"], "1.26.2", "nginx 1.26.2-r0"),
    ("pacman", ["nginx-mainline 1.27.3-1"], "1.27.3", "nginx-mainline 1.27.3-1"),
    ("pkgng", ["nginx-1.26.2_5,3"], "1.26.2", "nginx 1.26.2_5,3"),
]


@pytest.mark.parametrize(("manager", "items", "version", "package"), NGINX)
def test_a_package_line_tells_nginx(manager: str, items: list[str], version: str, package: str) -> None:
    known = after([f"+{item}" for item in items], manager=manager).nginx
    assert known == Known(NginxVersion.parse(version), Evidence.PACKAGE, f"{package} in commit 1a2b3c4d5e6f")


LIBRARIES = [
    ("apt", "libssl1.0.0 1.0.2g-1ubuntu4.15 amd64", "OpenSSL 1.0.2g"),
    ("apt", "libssl1.0.2 1.0.2u-1~deb9u7 amd64", "OpenSSL 1.0.2u"),
    ("apt", "libssl1.1 1.1.1n-0+deb11u5 amd64", "OpenSSL 1.1.1n"),
    ("apt", "libssl3 3.0.2-0ubuntu1.18 amd64", "OpenSSL 3.0.2"),
    ("apt", "libssl3t64 3.5.1-1 amd64", "OpenSSL 3.5.1"),
    ("apt", "openssl 3.0.11-1~deb12u2 amd64", "OpenSSL 3.0.11"),
    ("dnf", "1:openssl-libs-1.0.2k-26.el7_9.x86_64", "OpenSSL 1.0.2k"),
    ("yum", "1:openssl11-libs-1.1.1k-7.el7.x86_64", "OpenSSL 1.1.1k"),
    ("apk", "libssl1.1-1.1.1w-r1", "OpenSSL 1.1.1w"),
    ("apk", "libressl3.8-libssl-3.8.2-r0", "LibreSSL 3.8.2"),
    ("apk", "libressl-3.8.2-r0", "LibreSSL 3.8.2"),
    ("pacman", "openssl 1.1.1.k-1", "OpenSSL 1.1.1k"),
    ("pacman", "openssl 3.4.1-1", "OpenSSL 3.4.1"),
]


@pytest.mark.parametrize(("manager", "item", "library"), LIBRARIES)
def test_a_package_line_tells_the_library(manager: str, item: str, library: str) -> None:
    known = after([f"+{item}"], manager=manager).library
    assert known is not None
    assert (str(known.version), known.evidence) == (library, Evidence.PACKAGE)


def test_the_source_names_package_and_commit() -> None:
    assert after(["+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64"]).library == Known(
        Library.parse("1.0.2g"), Evidence.PACKAGE, "libssl1.0.0 1.0.2g-1ubuntu4.15 in commit 1a2b3c4d5e6f"
    )


@pytest.mark.parametrize(
    "item", ["libssl-dev 3.0.2-1 amd64", "libssl-doc 3.0.2-1 all", "perl-openssl-defaults 5 amd64"]
)
def test_what_only_sounds_like_a_library_is_none(item: str) -> None:
    assert after([f"+{item}"]).library is None


UPGRADES = [
    ([["+libssl3 3.0.2-1 amd64"], ["-libssl3 3.0.2-1 amd64", "+libssl3 3.0.9-1 amd64"]], "OpenSSL 3.0.9"),
    ([["+libssl3 3.0.9-1 amd64"], ["-libssl3 3.0.9-1 amd64", "+libssl3 3.0.2-1 amd64"]], "OpenSSL 3.0.2"),
    ([["+libssl3 3.0.2-1 amd64"], ["-openssl 3.0.2-1 amd64", "+openssl 3.0.9-1 amd64"]], "OpenSSL 3.0.2"),
    ([["+openssl 1.1.1w-1 amd64"], ["+libssl1.1 1.1.1k-1 amd64"]], "OpenSSL 1.1.1k"),
    ([["+libssl1.1 1.1.1k-1 amd64"], ["+libssl3 3.0.2-1 amd64"]], "OpenSSL 3.0.2"),
    # The old one may stay installed beside the new, and get its own updates.
    ([["+libssl1.1 1.1.1k-1 amd64"], ["+libssl3 3.0.2-1 amd64"], ["+libssl1.1 1.1.1w-1 amd64"]], "OpenSSL 3.0.2"),
    ([["+libssl1.1 1.1.1k-1 amd64"], ["+libssl3 3.0.2-1 amd64"], ["-libssl3 3.0.2-1 amd64"]], "OpenSSL 1.1.1k"),
    ([["+libssl3 3.0.2-1 amd64"], ["-libssl3 3.0.2-1 amd64", "+libssl3t64 3.0.13-1 amd64"]], "OpenSSL 3.0.13"),
    ([["+libssl1.0.0 1.0.2zg-1 amd64", "+libssl1.0.2 1.0.2k-1 amd64"]], "OpenSSL 1.0.2zg"),
]


@pytest.mark.parametrize(("runs", "library"), UPGRADES)
def test_the_library_after_several_runs(runs: list[list[str]], library: str) -> None:
    known = after(*runs).library
    assert known is not None
    assert str(known.version) == library


def test_a_removal_leaves_what_was_known() -> None:
    lines = ["+nginx-core 1.18.0-1 amd64", "+libssl3 3.0.2-1 amd64", "+certbot 1.21.0-1 all"]
    removed = [f"-{line[1:]}" for line in lines]
    assert after(lines, removed) == after(lines)


def test_changing_to_another_package_of_nginx_tells_the_new_version() -> None:
    known = after(
        ["+nginx-core 1.22.1-9 amd64"], ["-nginx-core 1.22.1-9 amd64", "+nginx 1.28.0-1~bookworm amd64"]
    ).nginx
    assert known.version == NginxVersion(1, 28, 0)


@pytest.mark.parametrize("item", ["nginx unknown amd64", "libssl3 unknown amd64", "certbot unknown all"])
def test_a_version_that_cannot_be_read_is_passed_over(item: str) -> None:
    assert after([f"+{item}"]) == Platform(ASSUMED)


def test_options_override_what_is_observed() -> None:
    options = Options(NginxVersion(1, 18, 0), Library.parse("LibreSSL 3.8.2"))
    observer = Observer(unreadable, options)
    expected = Platform(
        Known(NginxVersion(1, 18, 0), Evidence.OPTION, "--nginx-version"),
        Known(Library.parse("LibreSSL 3.8.2"), Evidence.OPTION, "--openssl-version"),
    )
    assert observer.at(revision("+nginx 1.22.1-9 amd64", "+libssl3 3.0.2-1 amd64")) == expected
    assert observe.assumed(DAY.date(), options) == expected


def test_of_two_people_who_say_a_version_the_first_counts_and_is_named() -> None:
    given = Options(nginx=NginxVersion(1, 18, 0))
    settings = Options(NginxVersion(1, 22, 1), Library.parse("3.0.13"), "a file", "a variable")
    assert given.over(settings) == Options(
        NginxVersion(1, 18, 0), Library.parse("3.0.13"), "--nginx-version", "a variable"
    )
    platform = observe.assumed(date(2026, 1, 1), settings)
    assert platform.nginx == Known(NginxVersion(1, 22, 1), Evidence.OPTION, "a file")
    assert platform.library == Known(Library.parse("3.0.13"), Evidence.OPTION, "a variable")
    assert observe.NO_OPTIONS.over(settings) == settings == settings.over(given)


def test_commits_before_the_segment_count_by_their_message() -> None:
    observer = Observer(unreadable)
    observer.note(revision("+nginx 1.22.1-9 amd64", "+libssl3 3.0.2-1 amd64").commit)
    platform = observer.at(revision(id_=CommitId("2" * 40)))
    assert (str(platform.nginx.version), platform.nginx.source) == ("1.22.1", "nginx 1.22.1-9 in commit 1a2b3c4d5e6f")
    assert platform.library is not None


CERTBOT = [
    ("certbot 0.31.0-1+deb10u1 all", "0.31.0"),
    ("python3-certbot-nginx 1.21.0-1 all", "1.21.0"),
    ("python3-certbot-nginx 1:2.9.0-1 all", "2.9.0"),
]


@pytest.mark.parametrize(("item", "version"), CERTBOT)
def test_a_package_line_tells_certbot(item: str, version: str) -> None:
    known = after([f"+{item}"]).certbot
    source = f"{' '.join(item.split()[:2])} in commit 1a2b3c4d5e6f"
    assert known == Known(version, Evidence.PACKAGE, source)


def conf(version: str) -> str:
    return f"# renew_before_expiry = 30 days\nversion = {version}\n[renewalparams]\naccount = 1\nversion = 9.9.9\n"


def certbots(etc: EtcHistory, selection: Selection) -> list[tuple[str, str] | None]:
    with Repository.open(etc.path) as repository:
        segment = repository.select(selection)
        observer = Observer(repository.read)
        for commit in segment.earlier:
            observer.note(commit)
        if segment.base is not None:
            observer.start(repository.tree(segment.base), f"in commit {segment.base[:12]}")
        known = [observer.at(found).certbot for found in repository.revisions(segment)]
    return [None if each is None else (each.version, each.source) for each in known]


PACKAGES = "committing changes in /etc after apt run\n\nPackage changes:\n"


def test_a_renewal_tells_certbot_and_the_later_word_wins(etc: EtcHistory) -> None:
    place = "letsencrypt/renewal"
    a, b = f"{place}/a.conf", f"{place}/b.conf"
    ids = [
        etc.commit({"a": "1"}),
        etc.commit({a: conf("0.34.2"), b: conf("0.34.2"), f"{place}/a.conf.bak": conf("7.7.7")}),
        etc.commit({"a": "2"}, message=f"{PACKAGES}+certbot 0.36.0-1 all\n"),
        etc.commit({b: conf("0.34.2") + "# touched\n"}),
        etc.commit({a: conf("1.0.0")}),
        etc.commit({a: None, b: "nothing\n"}),
    ]
    shown = [each[:12] for each in ids]
    packaged = ("0.36.0", f"certbot 0.36.0-1 in commit {shown[2]}")
    whole = [
        None,
        ("0.34.2", f"{b} in commit {shown[1]}"),
        packaged,
        packaged,
        ("1.0.0", f"{a} in commit {shown[4]}"),
        ("1.0.0", f"{a} in commit {shown[4]}"),
    ]
    assert certbots(etc, Selection()) == whole
    assert certbots(etc, Selection(after=ids[2])) == whole[3:]
    assert certbots(etc, Selection(after=ids[1]))[:1] == [packaged]
    assert certbots(etc, Selection(after=ids[4])) == [("1.0.0", f"{a} in commit {shown[4]}")]


def test_a_renewal_file_that_cannot_be_read_says_nothing() -> None:
    entries = (Entry(Kind.FILE, BlobId("1" * 40)), Entry(Kind.LINK, BlobId("2" * 40)), None)
    observer = Observer(unreadable)
    for number, entry in enumerate(entries):
        changes = (PathChange(f"letsencrypt/renewal/{number}.conf", None, entry),)
        assert observer.at(revision(changes=changes)) == Platform(ASSUMED)
    tree = TreeIndex(unreadable)
    tree.apply([PathChange("letsencrypt/renewal/a.conf", None, entries[0])])
    observer.start(tree, "in commit x")
    assert observer.at(revision()) == Platform(ASSUMED)


# ---------------------------------------------------------------------- what was in force just before


def told(platform: Platform) -> tuple[str, str, str]:
    """nginx with its evidence, and the library."""
    library = platform.library
    return (
        str(platform.nginx.version),
        platform.nginx.evidence.value,
        "none" if library is None else str(library.version),
    )


def around(files: dict[str, bytes], *revisions: Revision) -> list[tuple[tuple[str, str, str], tuple[str, str, str]]]:
    observer = Observer(lambda blob: files[blob])
    return [(told(before), told(after)) for before, after in map(observer.around, revisions)]


def written(*paths: str, blob: str) -> tuple[PathChange, ...]:
    return tuple(PathChange(path, None, Entry(Kind.FILE, BlobId(blob))) for path in paths)


def daily(*changes: PathChange) -> Revision:
    return Revision(Commit(ID, (), ROOT, ROOT, DAY, DAY, "daily autocommit\n"), changes)


OLD_DEBIAN, NEW_DEBIAN = written("debian_version", blob="11"), written("debian_version", blob="12")
RELEASES = {"11": b"11.9\n", "12": b"12.5\n", "repo": b"deb https://nginx.org/packages/debian bookworm nginx\n"}
BULLSEYE, BOOKWORM = ("1.18.0", "distribution", "OpenSSL 1.1.1k"), ("1.22.1", "distribution", "OpenSSL 3.0.9")


def test_the_first_upgrade_tells_what_ran_before_it() -> None:
    run = revision("-nginx 1.18.0-6 amd64", "+nginx 1.22.1-9 amd64", "-libssl3 3.0.2-1 amd64", "+libssl3 3.0.9-1 amd64")
    assert around({}, run) == [(("1.18.0", "package", "OpenSSL 3.0.2"), ("1.22.1", "package", "OpenSSL 3.0.9"))]


def test_a_release_tells_more_than_the_calendar_and_less_than_a_package() -> None:
    assert around(RELEASES, daily(), daily(*NEW_DEBIAN), revision("+nginx 1.28.0-1~bookworm amd64"), daily()) == [
        (("1.26.0", "assumed", "none"), ("1.26.0", "assumed", "none")),
        (("1.26.0", "assumed", "none"), BOOKWORM),
        (BOOKWORM, ("1.28.0", "package", "OpenSSL 3.0.9")),
        (("1.28.0", "package", "OpenSSL 3.0.9"), ("1.28.0", "package", "OpenSSL 3.0.9")),
    ]


def test_a_release_does_not_override_a_package() -> None:
    assert around(RELEASES, revision("+nginx 1.14.0-1 amd64"), daily(*NEW_DEBIAN))[1][1] == (
        "1.14.0",
        "package",
        "OpenSSL 3.0.9",
    )


def test_a_new_release_is_an_upgrade() -> None:
    assert around(RELEASES, daily(*OLD_DEBIAN), daily(*NEW_DEBIAN))[1] == (BULLSEYE, BOOKWORM)


def test_a_run_that_lists_its_packages_without_nginx_has_not_upgraded_it() -> None:
    """Debian is upgraded in two runs, of which the first may hold nginx back."""
    run = revision("-base-files 11.1 amd64", "+base-files 12.4 amd64", changes=NEW_DEBIAN)
    assert around(RELEASES, daily(*OLD_DEBIAN), run)[1] == (BOOKWORM, BOOKWORM)


def test_the_user_s_word_holds_before_and_after() -> None:
    observer = Observer(lambda blob: RELEASES[blob], Options(NginxVersion(1, 20, 0), Library.parse("1.1.1w")))
    run = revision("-nginx 1.18.0-6 amd64", "+nginx 1.22.1-9 amd64", changes=NEW_DEBIAN)
    before, after = observer.around(run)
    assert before == after
    assert told(after) == ("1.20.0", "option", "OpenSSL 1.1.1w")


def test_a_walk_that_begins_in_the_middle_knows_the_release_of_its_tree(etc: EtcHistory) -> None:
    etc.commit({"debian_version": "11.9\n"})
    base = etc.commit(
        {"debian_version": "12.5\n", "apt/sources.list": "deb http://deb.debian.org/debian bookworm main"}
    )
    last = etc.commit({"apt/sources.list.d/nginx.list": "deb https://nginx.org/packages/debian bookworm nginx"})
    with Repository.open(etc.path) as repository:
        whole, late = Observer(repository.read), Observer(repository.read)
        seen = [told(whole.at(found)) for found in repository.revisions(repository.select(Selection()))]
        segment = repository.select(Selection(after=base))
        assert segment.base is not None
        late.start(repository.tree(segment.base), f"in commit {base[:12]}")
        begun = late.at(Revision(segment.earlier[-1], ()))
        ends = [late.at(found) for found in repository.revisions(segment)]
    assert seen[:2] == [BULLSEYE, BOOKWORM]
    assert (told(begun), begun.nginx.source) == (seen[1], f"debian_version 12.5 in commit {base[:12]}")
    assert [told(end) for end in ends] == seen[2:]
    assert (ends[0].nginx.evidence, str(ends[0].library and ends[0].library.version)) == (
        Evidence.ASSUMED,
        "OpenSSL 3.0.9",
    )
    assert last != base


# ---------------------------------------------------------------------- certbot's options file

OPTIONS = "letsencrypt/options-ssl-nginx.conf"
SHIPPED = "3cc2b9b287f6c9f95125b9fbc62f782ae37ed716"


def test_the_id_of_certbot_s_options_file_tells_its_versions_without_being_read() -> None:
    observer = Observer(unreadable)
    known = observer.at(daily(*written(OPTIONS, blob=SHIPPED))).certbot
    assert known == Known("0.36.0", Evidence.CERTBOT, f"{OPTIONS} in commit 1a2b3c4d5e6f")
    assert observer.at(daily(*written(OPTIONS, blob="0" * 40))).certbot is None


def test_a_link_of_that_id_is_no_options_file() -> None:
    link = PathChange(OPTIONS, None, Entry(Kind.LINK, BlobId(SHIPPED)))
    assert Observer(unreadable).at(daily(link)).certbot is None


def test_the_options_file_at_the_start_counts() -> None:
    tree = TreeIndex(unreadable)
    tree.apply(written(OPTIONS, blob=SHIPPED))
    observer = Observer(unreadable)
    observer.start(tree, "in commit x")
    assert observer.at(daily()).certbot == Known("0.36.0", Evidence.CERTBOT, f"{OPTIONS} in commit x")


DIGEST = "letsencrypt/.updated-options-ssl-nginx-conf-digest.txt"
WORDS = [
    ("0.36.0", ("0.36.0", "word")),
    ("0.38.0", ("0.38.0", "word")),  # asked for nothing since, and so it installed no options file
    ("0.34.2", ("0.36.0", OPTIONS)),  # no such certbot has this file: there is a newer one
]


@pytest.mark.parametrize(("version", "known"), WORDS)
@pytest.mark.parametrize("by", ["package", "renewal"])
def test_a_package_or_a_renewal_tells_more_than_an_options_file_of_the_same_time(
    version: str, known: tuple[str, str], by: str
) -> None:
    words = {
        "package": revision(f"+certbot {version}-1 all"),
        "renewal": daily(*written("letsencrypt/renewal/a.conf", blob="conf")),
    }
    observer = Observer(lambda _: f"version = {version}\n".encode())
    observer.at(words[by])
    found = observer.at(daily(*written(OPTIONS, blob=SHIPPED))).certbot
    assert found is not None
    source = {"package": f"certbot {version}-1", "renewal": "letsencrypt/renewal/a.conf"}[by]
    assert (found.version, found.source) == (
        known[0],
        f"{source if known[1] == 'word' else OPTIONS} in commit 1a2b3c4d5e6f",
    )


def test_the_digest_tells_of_certbot_where_somebody_edited_the_options_file() -> None:
    offered = next(blob for blob, releases in certbot.DIGESTS.items() if releases == "0.36.0")
    observer = Observer(unreadable)
    seen = [
        observer.at(daily(*changes)).certbot
        for changes in (
            written(OPTIONS, blob="0" * 40),
            written(DIGEST, blob=offered),
            written(OPTIONS, blob="292d42984abb2c1ef036f5bdba11a653a9555f8d"),
            written(DIGEST, blob="1" * 40),
        )
    ]
    assert seen == [
        None,
        Known("0.36.0", Evidence.CERTBOT, f"{DIGEST} in commit 1a2b3c4d5e6f"),
        Known("0.15.0 to 0.35.1", Evidence.CERTBOT, f"{OPTIONS} in commit 1a2b3c4d5e6f"),
        Known("0.15.0 to 0.35.1", Evidence.CERTBOT, f"{OPTIONS} in commit 1a2b3c4d5e6f"),
    ]


def test_what_certbot_was_before_a_run_is_what_its_lines_replaced() -> None:
    observer = Observer(unreadable)
    lines = [
        ["+certbot 1.12.0-2 all"],
        ["-certbot 1.12.0-2 all", "+certbot 2.1.0-4 all"],
        ["-certbot 2.5.0-1 all", "+certbot 2.9.0-1 all"],
    ]
    pairs = [observer.around(revision(*each)) for each in lines]
    assert [
        (str(before.certbot and before.certbot.version), str(after.certbot and after.certbot.version))
        for before, after in pairs
    ] == [
        ("None", "1.12.0"),
        ("1.12.0", "2.1.0"),
        ("2.5.0", "2.9.0"),
    ]


# ---------------------------------------------------------------------- who builds the packages


def families(files: dict[str, bytes], *revisions: Revision) -> list[tuple[str | None, str | None]]:
    observer = Observer(lambda blob: files[blob])
    return [(before.family, after.family) for before, after in map(observer.around, revisions)]


def test_who_builds_the_packages_is_the_same_before_and_after() -> None:
    assert families({}, daily(), revision("+nginx 1.22.1-9+deb12u1 amd64"), daily()) == [
        (None, None),
        ("debian", "debian"),
        ("debian", "debian"),
    ]


def test_a_release_file_tells_more_than_a_package_from_elsewhere() -> None:
    ubuntu = revision("+libssl1.1 1.1.1f-1ubuntu2 amd64")
    assert families(RELEASES, ubuntu, daily(*NEW_DEBIAN), ubuntu) == [
        ("ubuntu", "ubuntu"),
        ("debian", "debian"),
        ("debian", "debian"),
    ]


def test_where_packages_come_from_tells_who_builds_them() -> None:
    mirrors = {"list": b"deb http://deb.debian.org/debian bookworm main\n"}
    seen = daily(*written("apt/sources.list", blob="list"))
    assert families(mirrors, seen, daily()) == [("debian", "debian"), ("debian", "debian")]
    assert around(mirrors, seen)[0][1] == BOOKWORM


def test_a_package_line_is_believed_where_sources_name_two_releases() -> None:
    mirrors = {
        "both": b"deb http://deb.debian.org/debian bullseye main\ndeb http://deb.debian.org/debian bookworm main\n"
    }
    moving = daily(*written("apt/sources.list", blob="both"))
    run = revision("-nginx 1.18.0-6 amd64", "+nginx 1.22.1-9 amd64", "+libssl3 3.0.9-1 amd64")
    unknown = ("1.26.0", "assumed", "none")
    assert around(mirrors, moving, run) == [
        (unknown, unknown),
        (("1.18.0", "package", "none"), ("1.22.1", "package", "OpenSSL 3.0.9")),
    ]


def test_who_builds_the_packages_is_part_of_what_is_known() -> None:
    known = Platform(ASSUMED, None, None, "debian")
    assert (known.versions, known.knowledge) == (
        (NginxVersion(1, 26, 0), None),
        (NginxVersion(1, 26, 0), Evidence.ASSUMED, None, "debian"),
    )
