from collections.abc import Mapping

import pytest

from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.platform import Evidence, Known
from driftscan.history.releases import FAMILIES, SHIPPED, Distribution, Shipped
from driftscan.history.snapshot import UnreadableBlob
from driftscan.history.versions import Library, NginxVersion
from tests.drift.trees import tree
from tests.etc import Content, Link

DEBIAN = {"debian_version": "12.5\n"}


def shipped(files: Mapping[str, Content]) -> Shipped:
    """What is concluded from a tree."""
    snapshot = tree(files)
    distribution = Distribution(snapshot.read)
    distribution.start(snapshot, "in commit x")
    return distribution.shipped


def told(files: Mapping[str, Content]) -> tuple[str, str]:
    """nginx and library, shorter."""
    found = shipped(files)
    return str(found.nginx and found.nginx.version), str(found.library and found.library.version)


def test_a_release_file_is_the_evidence_for_what_its_release_ships() -> None:
    source = "debian_version 12.5 in commit x"
    assert shipped(DEBIAN) == Shipped(
        Known(NginxVersion(1, 22, 1), Evidence.DISTRIBUTION, source),
        Known(Library.parse("3.0.9"), Evidence.DISTRIBUTION, source),
    )


FILES: list[tuple[str, Content, tuple[str, str], str]] = [
    ("debian_version", "7.11\n", ("1.2.1", "OpenSSL 1.0.1e"), "7.11"),
    ("debian_version", "8.11\n", ("1.6.2", "OpenSSL 1.0.1k"), "8.11"),
    ("debian_version", "9.13\n", ("1.10.3", "OpenSSL 1.1.0f"), "9.13"),
    ("debian_version", "10.0\n", ("1.14.2", "OpenSSL 1.1.1c"), "10.0"),
    ("debian_version", "11.11\n", ("1.18.0", "OpenSSL 1.1.1k"), "11.11"),
    ("debian_version", "13.1\n", ("1.26.3", "OpenSSL 3.5.1"), "13.1"),
    ("os-release", 'NAME="Debian"\nVERSION_ID="12"\nID=debian\n', ("1.22.1", "OpenSSL 3.0.9"), "debian 12"),
    ("os-release", 'ID="rocky"\nID_LIKE="rhel"\nVERSION_ID="9.4"\n', ("1.20.1", "OpenSSL 3.0.7"), "rocky 9.4"),
    ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\n", ("1.4.6", "OpenSSL 1.0.1f"), "Ubuntu 14.04"),
    ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=16.04\n", ("1.10.3", "OpenSSL 1.0.2g"), "Ubuntu 16.04"),
    ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=20.04\n", ("1.18.0", "OpenSSL 1.1.1f"), "Ubuntu 20.04"),
    ("lsb-release", 'DISTRIB_ID="Ubuntu"\nDISTRIB_RELEASE="24.04"\n', ("1.24.0", "OpenSSL 3.0.13"), "Ubuntu 24.04"),
    (
        "redhat-release",
        "Red Hat Enterprise Linux release 9.5 (Plow)\n",
        ("1.20.1", "OpenSSL 3.2.2"),
        "Red Hat Enterprise Linux 9.5",
    ),
    ("rocky-release", "Rocky Linux release 9.0 (Blue Onyx)\n", ("1.20.1", "OpenSSL 3.0.1"), "Rocky Linux 9.0"),
    (
        "redhat-release",
        "Red Hat Enterprise Linux release 10.1 (Coughlan)\n",
        ("1.26.2", "OpenSSL 3.5.1"),
        "Red Hat Enterprise Linux 10.1",
    ),
    ("almalinux-release", "AlmaLinux release 9.7 (Moss)\n", ("1.20.1", "OpenSSL 3.5.1"), "AlmaLinux 9.7"),
    ("alpine-release", "3.12.0\n", ("1.18.0", "OpenSSL 1.1.1g"), "3.12.0"),
    ("alpine-release", "3.21.3\n", ("1.26.2", "OpenSSL 3.3.2"), "3.21.3"),
    ("alpine-release", "3.22.1\n", ("1.28.0", "OpenSSL 3.5.0"), "3.22.1"),
    ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=12.04\n", ("1.1.19", "OpenSSL 1.0.1"), "Ubuntu 12.04"),
    ("issue", "Debian GNU/Linux 12 \\n \\l\n\n", ("1.22.1", "OpenSSL 3.0.9"), "Debian GNU/Linux 12"),
    ("issue", "Ubuntu 22.04.3 LTS \\n \\l\n\n", ("1.18.0", "OpenSSL 3.0.2"), "Ubuntu 22.04.3"),
    ("issue", "Welcome to Alpine Linux 3.19\nKernel \\r\n", ("1.24.0", "OpenSSL 3.1.4"), "Alpine Linux 3.19"),
]


@pytest.mark.parametrize(("path", "text", "versions", "said"), FILES)
def test_every_distribution_names_its_release_in_its_own_way(
    path: str, text: Content, versions: tuple[str, str], said: str
) -> None:
    assert told({path: text}) == versions
    found = shipped({path: text}).nginx
    assert found is not None
    assert found.source == f"{path} {said} in commit x"


@pytest.mark.parametrize(
    ("path", "text", "versions"),
    [
        ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\n", ("1.14.0", "None")),
        ("almalinux-release", "AlmaLinux release 8.10 (Cerulean Leopard)\n", ("None", "OpenSSL 1.1.1")),
        ("os-release", 'ID="centos"\nVERSION_ID="9"\n', ("1.20.1", "None")),
        ("redhat-release", "Rocky Linux release 9.99 (Future)\n", ("1.20.1", "None")),
        ("centos-release", "CentOS Linux release 7.9.2009 (Core)\n", ("None", "None")),
    ],
)
def test_what_moved_between_branches_within_a_release_is_not_concluded(
    path: str, text: str, versions: tuple[str, str]
) -> None:
    assert told({path: text}) == versions


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("debian_version", "bookworm/sid\n"),
        ("debian_version", "6.0.10\n"),
        ("debian_version", "99.1\n"),
        ("debian_version", ""),
        ("debian_version", Link("/usr/lib/debian_version")),
        ("alpine-release", "3.21.0_alpha20240807\n"),
        ("os-release", Link("../usr/lib/os-release")),
        ("os-release", "ID=debian\n"),
        ("os-release", "ID_LIKE=debian\nVERSION_ID=12\n"),
        ("lsb-release", "DISTRIB_ID=LinuxMint\nDISTRIB_RELEASE=22\n"),
        ("fedora-release", "Fedora release 40 (Forty)\n"),
        ("centos-release", "CentOS Stream release 9\n"),
        ("issue", "Authorised users only. Not Debian GNU/Linux 12\n"),
        ("issue", "Ubuntu Noble Numbat (development branch) \\n \\l\n"),
        ("nginx/debian_version", "12.5\n"),
    ],
)
def test_nothing_is_concluded_from(path: str, content: Content) -> None:
    assert shipped({path: content}) == Shipped()


def test_the_more_telling_file_is_believed() -> None:
    assert told({"issue": "Debian GNU/Linux 11 \\n \\l\n", **DEBIAN}) == ("1.22.1", "OpenSSL 3.0.9")


def test_a_linked_file_leaves_the_word_to_the_others() -> None:
    assert told({"os-release": Link("../usr/lib/os-release"), **DEBIAN}) == ("1.22.1", "OpenSSL 3.0.9")


def test_a_derived_distribution_is_not_taken_for_the_one_it_is_made_of() -> None:
    assert shipped({"os-release": "ID=devuan\nVERSION_ID=5\n", **DEBIAN}) == Shipped()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("apt/sources.list.d/nginx.list", "deb https://nginx.org/packages/debian bookworm nginx\n"),
        ("apt/sources.list.d/nginx.list", "# nothing any more\n"),
        ("apt/sources.list.d/web.sources", "Types: deb\nURIs: https://NGINX.org/packages/mainline/debian\n"),
        (
            "apt/sources.list",
            "deb http://deb.debian.org/debian bookworm main\ndeb http://nginx.org/packages/debian x nginx\n",
        ),
        ("apt/sources.list", "# deb http://nginx.org/packages/debian bookworm nginx\n"),
        ("apt/sources.list.d/ondrej.list", "deb https://ppa.launchpadcontent.net/ondrej/nginx/ubuntu jammy main\n"),
        ("apt/sources.list.d/other.list", Link("/srv/apt/other.list")),
        ("yum.repos.d/nginx.repo", "[nginx-stable]\nbaseurl=http://nginx.org/packages/centos/9/x86_64/\n"),
        ("yum.repos.d/web.repo", "[x]\nbaseurl=http://nginx.org/packages/centos/9/x86_64/\n"),
        ("apk/repositories", "https://nginx.org/packages/alpine/v3.19/main\n"),
        ("dnf/modules.d/nginx.module", "[nginx]\nname=nginx\nstream=1.24\nstate=enabled\n"),
    ],
)
def test_where_nginx_may_be_from_elsewhere_only_the_library_is_concluded(path: str, content: Content) -> None:
    assert told({path: content, **DEBIAN}) == ("None", "OpenSSL 3.0.9")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n"),
        ("apt/sources.list.d/docker.list", "deb https://download.docker.com/linux/debian bookworm stable\n"),
        ("apt/preferences.d/nginx", "Package: nginx\n"),
        ("apt/sources.list.d/old/nginx.list", "deb https://nginx.org/packages/debian bookworm nginx\n"),
        ("yum.repos.d/epel.repo", "[epel]\nname=Extra Packages\n"),
    ],
)
def test_other_sources_do_not_matter(path: str, content: Content) -> None:
    assert told({path: content, **DEBIAN}) == ("1.22.1", "OpenSSL 3.0.9")


def test_the_tree_is_followed_from_commit_to_commit() -> None:
    texts = {"12": "12.5\n", "13": "13.0\n", "repo": "deb https://nginx.org/packages/debian bookworm nginx\n"}
    distribution = Distribution(lambda blob: texts[blob].encode())
    seen = []
    for path, blob in (
        ("debian_version", "12"),
        ("apt/sources.list.d/web.list", "repo"),
        ("debian_version", "13"),
        ("apt/sources.list.d/web.list", None),
        ("debian_version", None),
    ):
        distribution.look(path, None if blob is None else Entry(Kind.FILE, BlobId(blob)), "in commit x")
        found = distribution.shipped
        seen.append((str(found.nginx and found.nginx.version), str(found.library and found.library.version)))
    assert seen == [
        ("1.22.1", "OpenSSL 3.0.9"),
        ("None", "OpenSSL 3.0.9"),
        ("None", "OpenSSL 3.5.1"),
        ("1.26.3", "OpenSSL 3.5.1"),
        ("None", "None"),
    ]


def test_nothing_else_is_ever_read() -> None:
    private = {"ssl/private/debian_version": "12.5", "apt/auth.conf": "secret", "shadow": "secret", "apt/apt.conf": ""}
    snapshot, asked = tree({**private, **DEBIAN, "apt/sources.list.d/a.list": ""}), []

    def read(blob: BlobId) -> bytes:
        asked.append(blob)
        return snapshot.read(blob)

    distribution = Distribution(read)
    distribution.start(snapshot, "in commit x")
    for path in private:
        distribution.look(path, snapshot.entry(path), "in commit x")
    assert sorted(asked) == ["apt/sources.list.d/a.list", "debian_version"]


def test_a_file_that_cannot_be_read_says_nothing_and_a_source_may_be_any() -> None:
    def read(blob: BlobId) -> bytes:
        if blob == "lost":
            raise UnreadableBlob(blob)
        return b"12.5\n"

    lost, there = Entry(Kind.FILE, BlobId("lost")), Entry(Kind.FILE, BlobId("there"))
    distribution = Distribution(read)
    distribution.look("os-release", lost, "in commit x")
    assert distribution.shipped == Shipped()
    distribution.look("debian_version", there, "in commit x")
    distribution.look("apt/sources.list", lost, "in commit x")
    assert distribution.shipped.nginx is None
    assert distribution.shipped.library is not None


def test_every_version_of_the_table_can_be_read() -> None:
    assert {family for family, _ in SHIPPED} == set(FAMILIES.values())
    for nginx, library in SHIPPED.values():
        assert nginx is None or str(NginxVersion.parse(nginx)) == nginx
        assert library is None or str(Library.parse(library)) == f"OpenSSL {library}"


def test_every_family_gets_newer_from_release_to_release() -> None:
    for family in sorted(set(FAMILIES.values())):
        numbers = [number for name, number in SHIPPED if name == family]
        keyed = sorted(numbers, key=lambda number: tuple(map(int, number.split("."))))
        shown = [NginxVersion.parse(nginx) for number in keyed if (nginx := SHIPPED[family, number][0])]
        assert shown == sorted(shown)


@pytest.mark.parametrize(
    ("path", "text", "family"),
    [
        ("debian_version", "12.5\n", "debian"),
        ("debian_version", "99.1\n", "debian"),
        ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=26.04\n", "ubuntu"),
        ("rocky-release", "Rocky Linux release 9.0 (Blue Onyx)\n", "rhel"),
        ("alpine-release", "3.12.0\n", "alpine"),
        ("lsb-release", "DISTRIB_ID=LinuxMint\nDISTRIB_RELEASE=22\n", None),
        ("fedora-release", "Fedora release 40 (Forty)\n", None),
        ("motd", "Debian", None),
    ],
)
def test_a_release_file_tells_whose_distribution_it_is(path: str, text: str, family: str | None) -> None:
    snapshot = tree({path: text})
    distribution = Distribution(snapshot.read)
    distribution.start(snapshot, "in commit x")
    assert distribution.family == family
