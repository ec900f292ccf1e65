import pytest

from driftscan.history.commit import CommitId
from driftscan.history.installed import Installed, certbot, certbot_before, watched
from driftscan.history.packages import PackageChange, package_changes
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


def test_what_stands_beside_a_program_that_is_all_new_was_removed_before_and_not_purged() -> None:
    """dpkg lists what left files in /etc, so its return looks like an upgrade."""
    assert versions(["-nginx-common 1.18.0-6 all", "+nginx-common 1.22.1-9 all", "+nginx-core 1.22.1-9 amd64"]) == [
        ("None", "1.22.1")
    ]
    assert versions(["-nginx-common 1.22.1-9 all", "+nginx 1.28.0-1~bookworm amd64"]) == [("None", "1.28.0")]
    # Here a program goes, and another comes: what stands beside them ran.
    swapped = ["-nginx-common 1.18.0-6 all", "-nginx-light 1.18.0-6 amd64"]
    assert versions([*swapped, "+nginx-common 1.22.1-9 all", "+nginx-full 1.22.1-9 amd64"]) == [("1.18.0", "1.22.1")]
    # And here only what stands beside it is named.
    assert versions(["-nginx-common 1.18.0-6 all", "+nginx-common 1.22.1-9 all"]) == [("1.18.0", "1.22.1")]


def test_a_gap_is_closed_once_and_the_known_version_goes_on() -> None:
    known = runs(["+nginx 1.18.0-6 amd64"], ["+motd 1 all"], ["-nginx 1.20.2-1 amd64", "+nginx 1.22.1-9 amd64"], [])
    found = [(before.nginx, after.nginx) for before, after in known]
    first, gap = nginx("1.18.0", f"nginx 1.18.0-6 in commit {'a' * 12}"), f"before commit {'c' * 12}"
    last = nginx("1.22.1", f"nginx 1.22.1-9 in commit {'c' * 12}")
    assert found == [(None, first), (first, first), (nginx("1.20.2", f"nginx 1.20.2-1 {gap}"), last), (last, last)]


def test_a_downgrade_is_what_its_lines_say() -> None:
    assert versions(["-nginx 1.28.0-1~bookworm amd64", "+nginx 1.22.1-9 amd64"]) == [("1.28.0", "1.22.1")]


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


def test_the_libraries_of_two_architectures_are_one() -> None:
    lines = ["-libssl3 3.0.9-1 amd64", "-libssl3 3.0.9-1 i386", "+libssl3 3.0.11-1 amd64", "+libssl3 3.0.11-1 i386"]
    assert libraries(lines) == [("OpenSSL 3.0.9", "OpenSSL 3.0.11")]


@pytest.mark.parametrize(
    ("item", "nginx", "library"),
    [
        ("libnginx-mod-http-geoip 1.18.0-6.1 amd64", "1.18.0", "None"),
        ("libnginx-mod-http-lua 1:0.10.23-1 amd64", "None", "None"),
        ("0:nginx-filesystem-1.20.1-16.el9.noarch", "1.20.1", "None"),
        ("www-servers/nginx-1.26.2-r1", "1.26.2", "None"),
        ("dev-libs/openssl-1.1.1w", "None", "OpenSSL 1.1.1w"),
        ("dev-libs/libressl-3.8.2", "None", "LibreSSL 3.8.2"),
        ("0:libopenssl3-3.1.4-150600.5.15.1.x86_64", "None", "OpenSSL 3.1.4"),
        ("0:libopenssl1_1-1.1.1w-150600.5.6.1.x86_64", "None", "OpenSSL 1.1.1w"),
        ("0:compat-openssl11-1.1.1k-4.el9.x86_64", "None", "None"),
        ("0:crypto-policies-20240828-2.git62.el9.noarch", "None", "None"),
        ("ssl-cert 1.1.2 all", "None", "None"),
    ],
)
def test_the_names_that_tell_a_version(item: str, nginx: str, library: str) -> None:
    assert (versions([f"+{item}"])[0][1], libraries([f"+{item}"])[0][1]) == (nginx, library)


def test_freebsd_s_nginx_loads_no_library_of_a_package() -> None:
    message = "committing changes in /etc after pkgng run\n\nPackage changes:\n+nginx-1.26.2_5,3\n+openssl-3.0.15,1\n"
    found = Installed().after(package_changes(message), IDS[0])
    assert (str(found.nginx and found.nginx.version), found.library) == ("1.26.2", None)


FAMILIES = [
    ("nginx 1.22.1-9+deb12u1 amd64", "debian"),
    ("libssl3 3.0.11-1~deb12u2 amd64", "debian"),
    ("base-files 12.4+deb12u5 amd64", "debian"),
    ("nginx 1.10.3-1~bpo8+2 amd64", "debian"),
    ("nginx-core 1.18.0-6ubuntu14.4 amd64", "ubuntu"),
    ("libssl3 3.0.2-0ubuntu1.18 amd64", "ubuntu"),
    ("base-files 12ubuntu4.6 amd64", "ubuntu"),
    ("openssl 1.1.1n-0+deb11u5build0.20.04.1ubuntu1 amd64", "ubuntu"),
    ("nginx 1.28.0-1~bookworm amd64", "debian"),
    ("nginx 1.28.0-1~jammy amd64", "ubuntu"),
    ("1:openssl-libs-3.0.7-27.el9.x86_64", "rhel"),
    ("1:nginx-1.20.1-16.el9_4.1.x86_64", "rhel"),
    ("1:nginx-1.14.1-9.module+el8.0.0+4108+af250afe.x86_64", "rhel"),
    ("1:nginx-1.28.0-1.el9.ngx.x86_64", "rhel"),
    ("nginx-1.26.2-r0", "alpine"),
    ("nginx 1.22.1-9 amd64", None),
    ("1:nginx-1.26.2-1.fc40.x86_64", None),
    ("1:openssl-libs-3.0.8-1.amzn2023.0.12.x86_64", None),
    ("www-servers/nginx-1.26.2-r1", None),
    ("curl 7.88.1-10+deb12u5 amd64", None),
    ("zlib-1.3.1-r2", None),
]


@pytest.mark.parametrize(("item", "family"), FAMILIES)
def test_a_version_tells_who_built_the_package(item: str, family: str | None) -> None:
    ((before, after),) = runs([f"+{item}"])
    assert (before.family, after.family) == (None, family)


def test_who_built_the_packages_is_known_from_then_on() -> None:
    seen = runs(["+nginx 1.28.0-1~bookworm amd64"], ["-nginx 1.28.0-1~bookworm amd64"], ["+nginx 1.22.1-9 amd64"])
    assert [(before.family, after.family) for before, after in seen] == [
        (None, "debian"),
        ("debian", "debian"),
        ("debian", "debian"),
    ]


def certbots(line: str, manager: str = "apt") -> str | None:
    message = f"committing changes in /etc after {manager} run\n\nPackage changes:\n{line}\n"
    known = certbot(package_changes(message), IDS[0])
    return None if known is None else known.version


@pytest.mark.parametrize(
    ("manager", "item", "version"),
    [
        ("apt", "certbot 2.1.0-4 all", "2.1.0"),
        ("apt", "python3-certbot-nginx 2.1.0-2 all", "2.1.0"),
        ("apt", "python-certbot-nginx 0.31.0-1 all", "0.31.0"),
        ("apt", "letsencrypt 0.4.1-1 all", "0.4.1"),
        ("dnf", "0:python2-certbot-nginx-1.11.0-1.el7.noarch", "1.11.0"),
        ("pkgng", "py311-certbot-2.11.0,1", "2.11.0"),
        ("pacman", "certbot-nginx 2.11.0-1", "2.11.0"),
        ("emerge", "app-crypt/certbot-nginx-2.11.0", "2.11.0"),
        ("apk", "certbot-nginx-2.11.0-r0", "2.11.0"),
        ("apt", "python3-certbot-apache 2.1.0-2 all", None),
        ("apt", "certbot-doc 2.1.0-2 all", None),
        ("apt", "certbot unknown all", None),
    ],
)
def test_certbot_has_many_names(manager: str, item: str, version: str | None) -> None:
    assert certbots(f"+{item}", manager) == version


def test_a_removed_certbot_tells_no_version() -> None:
    assert certbots("-certbot 2.1.0-4 all") is None


def test_what_certbot_replaced_is_known_too() -> None:
    message = "\nPackage changes:\n-certbot 1.12.0-2 all\n+certbot 2.1.0-4 all\n"
    assert certbot_before(package_changes(message), IDS[0]) == Known(
        "1.12.0", Evidence.PACKAGE, f"certbot 1.12.0-2 before commit {'a' * 12}"
    )


def test_the_packages_that_matter_to_tls_are_found_among_others() -> None:
    names = [
        "apache2",
        "ca-certificates",
        "certbot",
        "curl",
        "libgnutls30",
        "libnginx-mod-http-lua",
        "libssl-dev",
        "libssl3t64",
        "nginx-common",
        "nginx-doc",
        "openssl",
        "openssl-libs",
        "crypto-policies",
        "ssl-cert",
    ]
    changes = [PackageChange(name, "1", "2", "dpkg") for name in names]
    assert [change.name for change in watched(changes)] == [
        "ca-certificates",
        "certbot",
        "libnginx-mod-http-lua",
        "libssl3t64",
        "nginx-common",
        "openssl",
        "openssl-libs",
        "crypto-policies",
        "ssl-cert",
    ]
