from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.releases import Distribution
from driftscan.history.sources import CODENAMES, DIRECTORIES, FILES, Release, Sources, is_source, read_sources
from tests.drift.trees import tree
from tests.etc import Content, Link

LIST, OTHER = "apt/sources.list", "apt/sources.list.d/other.list"
BOOKWORM, JAMMY = Release("debian", "12", "bookworm"), Release("ubuntu", "22.04", "jammy")


def named(path: str, text: str) -> list[Release]:
    """The releases that a file's archives are of."""
    return list(read_sources(path, text).releases)


CLOUD = """\
# as the images for clouds have it
Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates
 bookworm-backports
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 Suites: trixie
"""
REPO = """\
[nginx-stable]
baseurl=http://nginx.org/packages/centos/8/$basearch/
enabled=1

[nginx-mainline]
baseurl=http://nginx.org/packages/mainline/centos/9/$basearch/
enabled=0
"""
DISTRIBUTION = [
    (LIST, "deb http://deb.debian.org/debian bookworm main\n", BOOKWORM),
    (LIST, "deb http://deb.debian.org/debian/ bookworm-updates main contrib\n", BOOKWORM),
    (LIST, "deb http://security.debian.org/debian-security bookworm-security main\n", BOOKWORM),
    (LIST, "deb http://deb.debian.org/debian bookworm-backports main\n", BOOKWORM),
    (LIST, "deb http://security.debian.org/ buster/updates main\n", Release("debian", "10", "buster")),
    (LIST, "deb http://archive.debian.org/debian jessie main\n", Release("debian", "8", "jessie")),
    (LIST, "deb https://mirror.hetzner.com/debian/packages bookworm main # fast\n", BOOKWORM),
    (LIST, "  deb\t[ arch=amd64 signed-by=/k.gpg ]  http://ftp.de.debian.org/debian\tbookworm\tmain", BOOKWORM),
    (LIST, "deb cdrom:[Debian GNU/Linux 12.5.0 _Bookworm_ - Official]/ bookworm main\n", BOOKWORM),
    (LIST, "deb http://de.archive.ubuntu.com/ubuntu jammy main restricted\n", JAMMY),
    (LIST, "deb http://ports.ubuntu.com/ubuntu-ports jammy-security universe\n", JAMMY),
    (LIST, "deb http://archive.ubuntu.com/ubuntu trusty main\n", Release("ubuntu", "14.04", "trusty")),
    (LIST, "deb http://archive.ubuntu.com/ubuntu noble main\n", Release("ubuntu", "24.04", "noble")),
    (OTHER, "deb http://archive.ubuntu.com/ubuntu jammy main\n", JAMMY),
    (OTHER, "deb https://esm.ubuntu.com/infra/ubuntu jammy-infra-security main\n", JAMMY),
    (
        "apt/sources.list.d/debian.sources",
        CLOUD,
        BOOKWORM,
    ),
    (
        "apt/sources.list.d/ubuntu.sources",
        "Enabled: yes\ntypes: deb\nuris: http://mirror.example/ubuntu/\nsuites: jammy\ncomponents: main\n",
        JAMMY,
    ),
    ("apt/sources.list.d/a.sources", "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\n", BOOKWORM),
    (LIST, "deb http://deb.debian.org/debian stable main\n", Release("debian", "", "stable")),
    (LIST, "deb http://deb.debian.org/debian sid main\n", Release("debian", "", "sid")),
    ("apk/repositories", "https://dl-cdn.alpinelinux.org/alpine/v3.18/main\n", Release("alpine", "3.18", "v3.18")),
    ("apk/repositories", "http://mirror.example/v3.18/community/\n", Release("alpine", "3.18", "v3.18")),
    ("apk/repositories.d/a.list", "http://mirror.example/alpine/v3.23/main\n", Release("alpine", "3.23", "v3.23")),
    ("apk/repositories", "https://dl-cdn.alpinelinux.org/alpine/edge/main\n", Release("alpine", "", "edge")),
    ("apk/repositories", "https://a.example/alpine/latest-stable/main\n", Release("alpine", "", "latest-stable")),
]


@pytest.mark.parametrize(("path", "text", "release"), DISTRIBUTION)
def test_the_archive_of_a_distribution_names_its_release(path: str, text: str, release: Release) -> None:
    assert read_sources(path, text) == Sources(releases=(release,))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (LIST, "# deb http://deb.debian.org/debian bookworm main\n"),
        (LIST, "deb-src http://deb.debian.org/debian bookworm main\n"),
        (LIST, "deb http://deb.debian.org/debian\n"),
        (LIST, "deb http://deb.debian.org/debian ./\n"),
        (LIST, "deb https://download.docker.com/linux/debian bookworm stable\n"),
        (LIST, "deb http://mirror.example/debian bookworm contrib # without main\n"),
        (LIST, "deb https://deb.nodesource.com/node_18.x bookworm main\n"),
        (LIST, "deb http://ppa.launchpad.net/ansible/ansible/ubuntu focal main\n"),
        (LIST, "deb http://deb.devuan.org/merged daedalus main\n"),
        (LIST, "deb http://raspbian.raspberrypi.org/raspbian/ bullseye main\n"),
        (OTHER, "deb http://mirror.example/debian bookworm main\n"),
        (OTHER, "deb http://ubuntu.com.mirror.example/ubuntu jammy main\n"),
        ("apt/sources.list.d/other.list.save", "deb http://deb.debian.org/debian bookworm main\n"),
        (
            "apt/sources.list.d/debian.sources",
            "Enabled: no\nTypes: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie\n",
        ),
        (
            "apt/sources.list.d/debian.sources",
            "Types: deb-src\nURIs: http://deb.debian.org/debian\nSuites: trixie\nComponents: main\n",
        ),
        ("apt/sources.list.d/debian.sources", "Types: deb\nURIs: http://deb.debian.org/debian\n\nSuites: trixie\n"),
        ("apk/repositories", "#https://dl-cdn.alpinelinux.org/alpine/v3.18/main\n"),
        ("apk/repositories", "@edge https://dl-cdn.alpinelinux.org/alpine/edge/testing\n"),
        ("apk/repositories", "/media/cdrom/apks\n"),
        ("apk/repositories.d/a.list.old", "http://mirror.example/alpine/v3.23/main\n"),
        ("yum.repos.d/epel.repo", "[epel]\nbaseurl=https://download.example/pub/epel/9/\n"),
        ("zypp/repos.d/oss.repo", "[oss]\nbaseurl=https://download.opensuse.org/distribution/leap/15.6/\n"),
    ],
)
def test_what_is_not_read_or_somebody_else_s_names_none(path: str, text: str) -> None:
    assert read_sources(path, text) == Sources()


NGINX_ORG = [
    (OTHER, "deb http://nginx.org/packages/ubuntu jammy nginx\n", JAMMY),
    (OTHER, "deb [signed-by=/k.gpg] https://nginx.org/packages/mainline/debian/ bookworm nginx\n", BOOKWORM),
    (OTHER, "deb https://pkgs.nginx.com/plus/ubuntu jammy nginx-plus\n", JAMMY),
    (
        "apt/sources.list.d/nginx.sources",
        "Types: deb\nURIs: https://nginx.org/packages/debian\nSuites: bookworm\nComponents: nginx\n",
        BOOKWORM,
    ),
    ("apk/repositories", "https://nginx.org/packages/alpine/v3.19/main\n", Release("alpine", "3.19", "v3.19")),
    (
        "yum.repos.d/nginx.repo",
        REPO,
        Release("rhel", "8", "8"),
    ),
]


@pytest.mark.parametrize(("path", "text", "release"), NGINX_ORG)
def test_the_archive_of_nginx_names_a_release_and_has_its_own_nginx(path: str, text: str, release: Release) -> None:
    assert read_sources(path, text) == Sources(of_nginx=(release,), has_nginx=True)


@pytest.mark.parametrize("name", ["redhat.repo", "rocky-addons.repo", "almalinux.repo", "CentOS-Base.repo"])
def test_the_files_of_the_rhel_family_are_known_by_their_names(name: str) -> None:
    text = "[baseos]\nmirrorlist=https://mirrors.example/?repo=BaseOS-$releasever\n"
    assert read_sources(f"yum.repos.d/{name}", text) == Sources(family="rhel")
    assert read_sources("yum.repos.d/fedora.repo", text) == Sources()


@pytest.mark.parametrize(
    ("path", "text", "openssl"),
    [
        (OTHER, "deb https://ppa.launchpadcontent.net/ondrej/nginx/ubuntu jammy main\n", True),
        (OTHER, "deb http://ppa.launchpad.net/nginx/stable/ubuntu xenial main\n", False),
        (OTHER, "deb https://packages.sury.org/nginx/ bookworm main\n", True),
        (OTHER, "deb http://packages.dotdeb.org jessie all\n", False),
        ("yum.repos.d/getpagespeed-extras.repo", "[x]\nbaseurl=https://a.example/\n", False),
        ("dnf/modules.d/nginx.module", "[nginx]\nstream=1.24\nstate=enabled\n", False),
    ],
)
def test_others_have_an_nginx_of_their_own(path: str, text: str, openssl: bool) -> None:
    assert read_sources(path, text) == Sources(has_nginx=True, has_openssl=openssl)


def test_a_file_that_cannot_be_read_may_be_anybody_s() -> None:
    assert read_sources(OTHER, None) == Sources(has_nginx=True)


ANY = sorted(FILES | {f"{directory}/a.{end}" for directory in DIRECTORIES for end in ("list", "sources", "repo")})


@given(st.sampled_from(ANY), st.text())
def test_nothing_in_a_file_makes_it_fail(path: str, text: str) -> None:
    assert is_source(path)
    assert set(read_sources(path, text).releases) == set(read_sources(path, f"{text}\n# the end\n").releases)


def test_codenames_are_those_of_different_releases() -> None:
    assert len(set(CODENAMES.values())) == len(CODENAMES)


# ---------------------------------------------------------------------- what a host's files say together

DEBIAN = "deb http://deb.debian.org/debian {} main\n"
UBUNTU = "deb http://archive.ubuntu.com/ubuntu {} main\n"
NGINX = "deb http://nginx.org/packages/debian {} nginx\n"


def told(files: Mapping[str, Content]) -> tuple[str, str, str]:
    """nginx, library and family."""
    snapshot = tree(files)
    distribution = Distribution(snapshot.read)
    distribution.start(snapshot, "in commit x")
    found = distribution.shipped
    known = (found.nginx and found.nginx.version, found.library and found.library.version, distribution.family)
    nginx, library, family = map(str, known)
    return nginx, library, family


NOTHING = ("None", "None", "None")
HOSTS: list[tuple[Mapping[str, Content], tuple[str, str, str]]] = [
    ({}, NOTHING),
    ({LIST: DEBIAN.format("bookworm")}, ("1.22.1", "OpenSSL 3.0.9", "debian")),
    ({LIST: UBUNTU.format("focal") + UBUNTU.format("focal-updates")}, ("1.18.0", "OpenSSL 1.1.1f", "ubuntu")),
    ({LIST: UBUNTU.format("questing")}, ("1.28.0", "OpenSSL 3.5.3", "ubuntu")),
    ({LIST: UBUNTU.format("resolute")}, ("None", "None", "ubuntu")),
    ({"apk/repositories": "http://a.example/alpine/v3.18/main\n"}, ("1.24.0", "OpenSSL 3.1.0", "alpine")),
    ({"apk/repositories": "http://a.example/alpine/edge/main\n"}, ("None", "None", "alpine")),
    ({"yum.repos.d/rocky.repo": ""}, ("None", "None", "rhel")),
    ({"yum.repos.d/nginx.repo": REPO}, ("None", "OpenSSL 1.1.1", "rhel")),
    # Another nginx, but the release's OpenSSL.
    ({LIST: DEBIAN.format("bookworm"), OTHER: NGINX.format("bookworm")}, ("None", "OpenSSL 3.0.9", "debian")),
    ({OTHER: NGINX.format("bookworm")}, ("None", "OpenSSL 3.0.9", "debian")),
    ({LIST: DEBIAN.format("stable"), OTHER: NGINX.format("bookworm")}, ("None", "None", "debian")),
    ({LIST: DEBIAN.format("trixie"), OTHER: NGINX.format("bookworm")}, ("None", "OpenSSL 3.5.1", "debian")),
    ({OTHER: NGINX.format("bookworm") + NGINX.format("trixie")}, ("None", "None", "debian")),
    # Somebody else's OpenSSL beside the old one of the release.
    ({LIST: UBUNTU.format("xenial"), OTHER: "# ondrej/nginx"}, ("None", "None", "ubuntu")),
    ({LIST: UBUNTU.format("focal"), OTHER: "# ondrej/nginx"}, ("None", "OpenSSL 1.1.1f", "ubuntu")),
    ({LIST: UBUNTU.format("xenial"), OTHER: "# nginx/stable"}, ("None", "OpenSSL 1.0.2g", "ubuntu")),
    # An upgrade that has begun, or packages of both.
    ({LIST: DEBIAN.format("bullseye") + DEBIAN.format("bookworm")}, ("None", "None", "debian")),
    ({LIST: DEBIAN.format("bookworm") + DEBIAN.format("sid")}, ("None", "None", "debian")),
    ({LIST: DEBIAN.format("bookworm"), OTHER: UBUNTU.format("jammy")}, NOTHING),
    # A file about the release is believed, also when it is one that we know nothing of.
    ({LIST: DEBIAN.format("trixie"), "debian_version": "12.5\n"}, ("1.22.1", "OpenSSL 3.0.9", "debian")),
    ({LIST: DEBIAN.format("bookworm"), "debian_version": "99.1\n"}, ("None", "None", "debian")),
    (
        {OTHER: UBUNTU.format("jammy"), "lsb-release": "DISTRIB_ID=LinuxMint\nDISTRIB_RELEASE=21\n"},
        ("None", "None", "ubuntu"),
    ),
    ({LIST: DEBIAN.format("bookworm"), "issue": Link("/run/issue")}, ("1.22.1", "OpenSSL 3.0.9", "debian")),
    # Debian's next release is not yet what it will be.
    ({LIST: DEBIAN.format("trixie"), "debian_version": "trixie/sid\n"}, ("None", "None", "debian")),
    ({LIST: UBUNTU.format("noble"), "debian_version": "trixie/sid\n"}, ("1.24.0", "OpenSSL 3.0.13", "ubuntu")),
]  # fmt: skip


@pytest.mark.parametrize(("files", "known"), HOSTS)
def test_what_the_sources_of_a_host_say(files: Mapping[str, Content], known: tuple[str, str, str]) -> None:
    assert told(files) == known


def test_the_evidence_is_the_first_file_that_names_the_release() -> None:
    snapshot = tree({"apt/sources.list.d/debian.sources": "", OTHER: DEBIAN.format("bookworm-updates"), LIST: ""})
    distribution = Distribution(snapshot.read)
    distribution.start(snapshot, "in commit x")
    found = distribution.shipped.nginx
    assert found is not None
    assert found.source == f"{OTHER} bookworm in commit x"


def test_the_sources_are_followed_from_commit_to_commit() -> None:
    texts = {"old": DEBIAN.format("bullseye"), "both": DEBIAN.format("bullseye") + DEBIAN.format("bookworm")}
    texts |= {"new": DEBIAN.format("bookworm"), "nginx": NGINX.format("bookworm")}
    distribution = Distribution(lambda blob: texts[blob].encode())
    seen = []
    for path, blob in ((LIST, "old"), (LIST, "both"), (LIST, "new"), (OTHER, "nginx"), (OTHER, None), (LIST, None)):
        distribution.look(path, None if blob is None else Entry(Kind.FILE, BlobId(blob)), "in commit x")
        found = distribution.shipped
        seen.append((str(found.nginx and found.nginx.version), str(found.library and found.library.version)))
    assert seen == [
        ("1.18.0", "OpenSSL 1.1.1k"),
        ("None", "None"),
        ("1.22.1", "OpenSSL 3.0.9"),
        ("None", "OpenSSL 3.0.9"),
        ("1.22.1", "OpenSSL 3.0.9"),
        ("None", "None"),
    ]
