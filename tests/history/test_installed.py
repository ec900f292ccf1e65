from driftscan.history.commit import CommitId
from driftscan.history.installed import Installed
from driftscan.history.packages import package_changes
from driftscan.history.platform import Evidence, Known
from driftscan.history.versions import Library, NginxVersion

IDS = [CommitId(letter * 40) for letter in "abcdef"]


def runs(*lines: list[str]) -> list[tuple[Installed, Installed]]:
    """What was installed before and after each run of a package manager."""
    known, seen = Installed(), []
    for commit, run in zip(IDS, lines, strict=False):
        changes = package_changes("\n".join(["committing changes in /etc after apt run", "", "Package changes:", *run]))
        before = known.before(changes, commit)
        known = before.after(changes, commit)
        seen.append((before, known))
    return seen


def nginx(version: str, source: str) -> Known[NginxVersion]:
    return Known(NginxVersion.parse(version), Evidence.PACKAGE, source)


def libraries(*lines: list[str]) -> list[tuple[str, str]]:
    return [
        (str(before.library and before.library.version), str(after.library and after.library.version))
        for before, after in runs(*lines)
    ]


def versions(*lines: list[str]) -> list[tuple[str, str]]:
    return [
        (str(before.nginx and before.nginx.version), str(after.nginx and after.nginx.version))
        for before, after in runs(*lines)
    ]


def test_the_first_line_of_an_upgrade_tells_what_ran_before_it() -> None:
    ((before, after),) = runs(["-nginx-core 1.18.0-6 amd64", "+nginx-core 1.22.1-9 amd64"])
    assert before.nginx == nginx("1.18.0", "nginx-core 1.18.0-6 before commit aaaaaaaaaaaa")
    assert after.nginx == nginx("1.22.1", "nginx-core 1.22.1-9 in commit aaaaaaaaaaaa")


def test_an_installation_tells_nothing_of_before() -> None:
    assert versions(["+nginx 1.22.1-9 amd64"]) == [("None", "1.22.1")]
    assert libraries(["+libssl3 3.0.11-1 amd64"]) == [("None", "OpenSSL 3.0.11")]


def test_a_line_that_replaces_what_was_known_keeps_its_source() -> None:
    (_, first), (before, _) = runs(["+nginx 1.18.0-6 amd64"], ["-nginx 1.18.0-6.1 amd64", "+nginx 1.22.1-9 amd64"])
    assert before.nginx == first.nginx == nginx("1.18.0", "nginx 1.18.0-6 in commit aaaaaaaaaaaa")


def test_a_line_that_replaces_another_version_than_the_known_one_corrects_it() -> None:
    """The run that went from 1.18.0 to 1.20.2 left /etc as it was, and so is in no message."""
    (_, (before, after)) = runs(["+nginx 1.18.0-6 amd64"], ["-nginx 1.20.2-1 amd64", "+nginx 1.22.1-9 amd64"])
    assert before.nginx == nginx("1.20.2", "nginx 1.20.2-1 before commit bbbbbbbbbbbb")
    assert after.nginx == nginx("1.22.1", "nginx 1.22.1-9 in commit bbbbbbbbbbbb")


def test_a_package_that_makes_way_for_another_tells_what_ran_before() -> None:
    assert versions(["-nginx-core 1.22.1-9 amd64", "+nginx 1.28.0-1~bookworm amd64"]) == [("1.22.1", "1.28.0")]


def test_a_purge_long_after_tells_nothing() -> None:
    """Configuration files of Debian's nginx are purged, while nginx.org's is running."""
    assert versions(["-nginx-common 1.22.1-9 all"]) == [("None", "None")]
    assert versions(["+nginx 1.28.0-1~bookworm amd64"], ["-nginx-common 1.22.1-9 all"])[1] == ("1.28.0", "1.28.0")
    both = ["-nginx-common 1.22.1-9 all", "-nginx 1.28.0-1~bookworm amd64", "+nginx 1.28.1-1~bookworm amd64"]
    assert versions(both) == [("1.28.0", "1.28.1")]
    assert versions(["-nginx-light 1.14.2-2 amd64", *both]) == [("1.28.0", "1.28.1")]


def test_an_old_version_that_cannot_be_read_is_passed_over() -> None:
    assert versions(["-nginx unknown amd64", "+nginx 1.22.1-9 amd64"]) == [("None", "1.22.1")]


def test_the_first_line_of_a_library_tells_what_was_loaded_before_it() -> None:
    ((before, after),) = runs(["-libssl1.1 1.1.1k-1 amd64", "+libssl1.1 1.1.1n-0 amd64"])
    known = [
        Known(Library.parse("1.1.1k"), Evidence.PACKAGE, "libssl1.1 1.1.1k-1 before commit aaaaaaaaaaaa"),
        Known(Library.parse("1.1.1n"), Evidence.PACKAGE, "libssl1.1 1.1.1n-0 in commit aaaaaaaaaaaa"),
    ]
    assert [before.library, after.library] == known


def test_a_library_that_made_way_for_another_was_loaded_before() -> None:
    renamed = ["-libssl3 3.0.2-1 amd64", "+libssl3t64 3.0.13-1 amd64"]
    assert libraries(renamed) == [("OpenSSL 3.0.2", "OpenSSL 3.0.13")]
    assert libraries(["-openssl 1.1.1n-0 amd64", "+openssl 3.0.11-1 amd64", "+libssl3 3.0.11-1 amd64"]) == [
        ("OpenSSL 1.1.1n", "OpenSSL 3.0.11")
    ]


def test_a_library_that_is_only_removed_was_loaded_by_nobody() -> None:
    assert libraries(["-libssl1.1 1.1.1n-0 amd64"]) == [("None", "None")]
    beside = ["-libssl1.1 1.1.1n-0 amd64", "-libssl3 3.0.9-1 amd64", "+libssl3 3.0.11-1 amd64"]
    assert libraries(beside) == [("OpenSSL 3.0.9", "OpenSSL 3.0.11")]


def test_a_gap_in_the_lines_of_a_library_is_corrected() -> None:
    assert libraries(["+libssl1.1 1.1.1k-1 amd64"], ["-libssl1.1 1.1.1n-0 amd64", "+libssl1.1 1.1.1w-0 amd64"]) == [
        ("None", "OpenSSL 1.1.1k"),
        ("OpenSSL 1.1.1n", "OpenSSL 1.1.1w"),
    ]
