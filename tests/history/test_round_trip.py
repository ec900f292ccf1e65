"""What etckeeper really writes into a message, read again.

The managers are small scripts that list what a test has installed in the form of the real ones, and call etckeeper
around their work as those do; apt-get and dpkg are also real, on a root directory of their own.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.history.etckeeper import MadeBy, Origin, origin
from driftscan.history.observe import Observer
from driftscan.history.packages import PackageChange, package_changes
from driftscan.history.platform import Platform
from driftscan.history.repository import Repository
from tests.conftest import unavailable
from tests.history.keeper import RUN, Keeper
from tests.history.walks import whole

pytestmark = pytest.mark.etckeeper
PACKAGES = MadeBy.PACKAGE_MANAGER

Packages = list[PackageChange]
Versions = tuple[str, str, str, str]
MANAGERS: dict[str, tuple[str, str, dict[str, str], str, str, Packages, Versions]] = {
    "dnf": (
        "dnf",
        "rpm",
        {"rpm": 'if [ "$1" = -qa ]; then cat "$LIST"; else echo nginx-core; fi'},
        """\
0:gpg-pubkey-fd431d51-4ae0493b.(none)
0:kernel-5.14.0-362.8.1.el9_3.x86_64
0:kernel-5.14.0-427.13.1.el9_4.x86_64
1:openssl-libs-3.0.7-25.el9_3.x86_64
""",
        """\
0:gpg-pubkey-fd431d51-4ae0493b.(none)
0:kernel-5.14.0-427.13.1.el9_4.x86_64
0:kernel-5.14.0-427.18.1.el9_4.x86_64
0:python3-certbot-nginx-2.11.0-1.el9.noarch
1:openssl-libs-3.0.7-27.el9.x86_64
2:nginx-core-1.20.1-16.el9_4.1.x86_64
""",
        [
            PackageChange("kernel", "5.14.0-362.8.1.el9_3", "5.14.0-427.18.1.el9_4", "rpm"),
            PackageChange("openssl-libs", "1:3.0.7-25.el9_3", "1:3.0.7-27.el9", "rpm"),
            PackageChange("python3-certbot-nginx", None, "2.11.0-1.el9", "rpm"),
            PackageChange("nginx-core", None, "2:1.20.1-16.el9_4.1", "rpm"),
        ],
        ("1.20.1", "OpenSSL 3.0.7", "2.11.0", "rhel"),
    ),
    "pacman": (
        "pacman",
        "pacman",
        {"pacman": 'if [ "$1" = -Q ]; then cat "$LIST"; else echo "$2 is owned by nginx 1.26.2-1"; fi'},
        "certbot 2.10.0-1\nnginx 1.24.0-1\nopenssl 1.1.1.k-1\npython 1:3.11.0-1\n",
        "certbot 2.11.0-1\nnginx 1.26.2-1\nopenssl 3.3.2-1\npython 1:3.12.5-2.1\n",
        [
            PackageChange("certbot", "2.10.0-1", "2.11.0-1", "pacman"),
            PackageChange("nginx", "1.24.0-1", "1.26.2-1", "pacman"),
            PackageChange("openssl", "1.1.1.k-1", "3.3.2-1", "pacman"),
            PackageChange("python", "1:3.11.0-1", "1:3.12.5-2.1", "pacman"),
        ],
        ("1.26.2", "OpenSSL 3.3.2", "2.11.0", "None"),
    ),
    "apk": (
        "apk",
        "apk",
        {"apk": 'cat "$LIST"'},
        "nginx-1.24.0-r15\nlibssl3-3.1.4-r5\nmusl-1.2.4_git20230717-r4\n.build-deps-20240101.120000\n",
        "nginx-1.26.2-r0\nnginx-mod-http-brotli-1.26.2-r0\nlibssl3-3.3.2-r1\nmusl-1.2.5-r0\n",
        [
            PackageChange("libssl3", "3.1.4-r5", "3.3.2-r1", "apk"),
            PackageChange("musl", "1.2.4_git20230717-r4", "1.2.5-r0", "apk"),
            PackageChange("nginx", "1.24.0-r15", "1.26.2-r0", "apk"),
            PackageChange("nginx-mod-http-brotli", None, "1.26.2-r0", "apk"),
        ],
        ("1.26.2", "OpenSSL 3.3.2", "None", "alpine"),
    ),
    "xbps-install": (
        "xbps",
        "xbps",
        {"xbps-query": 'if [ "$1" = -l ]; then cat "$LIST"; else echo "nginx-1.26.2_1: $2"; fi'},
        "ii libssl3-3.3.1_1  Toolkit\nii nginx-1.24.0_4     Web server\n",
        "ii libssl3-3.3.2_1  Toolkit\nii nginx-1.26.2_1     Web server\nii perl-Net-SSLeay-1.94_2 Perl\n",
        [
            PackageChange("libssl3", "3.3.1_1", "3.3.2_1", "xbps"),
            PackageChange("nginx", "1.24.0_4", "1.26.2_1", "xbps"),
            PackageChange("perl-Net-SSLeay", None, "1.94_2", "xbps"),
        ],
        ("1.26.2", "OpenSSL 3.3.2", "None", "None"),
    ),
    "pkg-static": (
        "pkgng",
        "pkgng",
        {"pkg": 'if [ "$1" = info ]; then cat "$LIST"; else echo nginx-1.26.2_5,3; fi'},
        "nginx-1.24.0_14,3\nopenssl-1.1.1w,1\npcre2-10.42\n",
        "nginx-1.26.2_5,3\nopenssl-3.0.15,1\npcre2-10.43\npy311-certbot-nginx-2.11.0\n",
        [
            PackageChange("nginx", "1.24.0_14,3", "1.26.2_5,3", "pkgng"),
            PackageChange("openssl", "1.1.1w,1", "3.0.15,1", "pkgng"),
            PackageChange("pcre2", "10.42", "10.43", "pkgng"),
            PackageChange("py311-certbot-nginx", None, "2.11.0", "pkgng"),
        ],
        ("1.26.2", "None", "2.11.0", "None"),
    ),
    "emerge": (
        "emerge",
        "qlist",
        {"qlist": 'cat "$LIST"'},
        "app-crypt/certbot-2.10.0\ndev-libs/openssl-3.0.13-r2\nwww-servers/nginx-1.24.0\nx11-libs/gtk+-3.24.41-r1\n",
        "app-crypt/certbot-2.11.0\ndev-libs/openssl-3.3.2\nsys-devel/gcc-14.2.1_p20241116\nwww-servers/nginx-1.26.2-r1\n",
        [
            PackageChange("app-crypt/certbot", "2.10.0", "2.11.0", "portage"),
            PackageChange("dev-libs/openssl", "3.0.13-r2", "3.3.2", "portage"),
            PackageChange("www-servers/nginx", "1.24.0", "1.26.2-r1", "portage"),
            PackageChange("x11-libs/gtk+", "3.24.41-r1", None, "portage"),
            PackageChange("sys-devel/gcc", None, "14.2.1_p20241116", "portage"),
        ],
        ("1.26.2", "OpenSSL 3.3.2", "2.11.0", "None"),
    ),
    "cave": (
        "cave",
        "cave",
        {"cave": 'cat "$LIST"'},
        "dev-libs/openssl\n",
        "dev-libs/openssl\nwww-servers/nginx\n",
        [],
        ("1.28.0", "None", "None", "None"),
    ),
}


def versions(platform: Platform) -> Versions:
    """nginx, its library, certbot, and who built them."""
    known = (platform.nginx, platform.library, platform.certbot)
    nginx, library, certbot = (str(each and each.version) for each in known)
    return nginx, library, certbot, str(platform.family)


def platforms(keeper: Keeper) -> list[tuple[Versions, Versions]]:
    """What is known just before each commit, and after it."""
    with Repository.open(keeper.etc) as repository:
        observer = Observer(repository.read)
        return [(versions(before), versions(after)) for before, after in map(observer.around, whole(repository))]


@pytest.mark.parametrize("manager", MANAGERS)
def test_every_manager(tmp_path: Path, manager: str) -> None:
    high, low, programs, before, after, changes, known = MANAGERS[manager]
    keeper = Keeper.make(tmp_path, HIGHLEVEL_PACKAGE_MANAGER=high, LOWLEVEL_PACKAGE_MANAGER=low)
    for name, line in programs.items():
        keeper.program(name, line)
    keeper.write("nginx/nginx.conf", "events {}\n")
    keeper.commit("initial checkin")
    listed, updated = tmp_path / "listed", tmp_path / "updated"
    listed.write_text(before)
    updated.write_text(after)
    work = [f"cp {updated} {listed}", f"echo >> {keeper.etc}/nginx/nginx.conf"]
    command = keeper.package_run(manager, "--upgrade", "nginx", work=work, LIST=str(listed))
    assert origin(keeper.last) == Origin(PACKAGES, command)
    assert list(package_changes(keeper.last.message)) == changes
    assert platforms(keeper)[-1][1] == known


@pytest.mark.parametrize("manager", ["dnf", "apk", "pacman", "emerge"])
def test_without_a_ps_that_etckeeper_can_use_the_manager_is_named(tmp_path: Path, manager: str) -> None:
    high, low, programs, before, after, changes, _ = MANAGERS[manager]
    keeper = Keeper.make(tmp_path, HIGHLEVEL_PACKAGE_MANAGER=high, LOWLEVEL_PACKAGE_MANAGER=low)
    for name, line in {**programs, "ps": "exit 1"}.items():
        keeper.program(name, line)
    listed, updated = tmp_path / "listed", tmp_path / "updated"
    listed.write_text(before)
    updated.write_text(after)
    keeper.package_run(manager, work=[f"cp {updated} {listed}", f"echo >> {keeper.etc}/motd"], LIST=str(listed))
    assert keeper.last.subject == f"committing changes in /etc after {high} run"
    assert origin(keeper.last) == Origin(PACKAGES, high)
    assert list(package_changes(keeper.last.message)) == changes


# ---------------------------------------------------------------------- Debian


MULTI = "Multi-Arch: same\n"


class Dpkg:
    """A database of dpkg's that lists what a test says."""

    def __init__(self, top: Path) -> None:
        self.directory = top / "dpkg"
        (self.directory / "info").mkdir(parents=True)
        (self.directory / "info/nginx-common.list").write_text("/etc/nginx/nginx.conf\n")
        self.install()

    def install(self, *packages: str, removed: tuple[str, ...] = ()) -> Path:
        """A status file of these packages, `name version architecture`; removed ones left files in /etc."""
        stanzas = [
            f"Package: {name}\nStatus: {state}\nVersion: {version}\nArchitecture: {architecture}\n"
            f"Maintainer: A Test <test@host.example>\nDescription: a test\n{MULTI if name.startswith('lib') else ''}"
            for state, listed in (("install ok installed", packages), ("deinstall ok config-files", removed))
            for name, version, architecture in map(str.split, listed)
        ]
        status = self.directory / "status"
        status.write_text("\n".join(stanzas))
        return status


OLD = (
    "libssl1.1 1.1.1n-0+deb11u5 amd64",
    "nginx-common 1.18.0-6.1+deb11u3 all",
    "nginx-core 1.18.0-6.1+deb11u3 amd64",
    "openssl 1.1.1n-0+deb11u5 amd64",
)
NEW = (
    "base-files 12.4+deb12u5 amd64",
    "libssl1.1 1.1.1n-0+deb11u5 amd64",
    "libssl3 3.0.11-1~deb12u2 amd64",
    "libssl3 3.0.11-1~deb12u2 i386",
    "nginx-common 1.22.1-9+deb12u1 all",
    "nginx-core 1.22.1-9+deb12u1 amd64",
    "openssl 3.0.11-1~deb12u2 amd64",
)


@pytest.fixture
def debian(tmp_path: Path) -> tuple[Keeper, Dpkg]:
    if shutil.which("dpkg-query") is None:
        unavailable("dpkg", "these tests need Debian or Ubuntu, as etckeeper's package there")
    dpkg = Dpkg(tmp_path)
    keeper = Keeper.make(tmp_path, HIGHLEVEL_PACKAGE_MANAGER="apt", LOWLEVEL_PACKAGE_MANAGER="dpkg")
    keeper = replace(keeper, environment={**keeper.environment, "DPKG_ADMINDIR": str(dpkg.directory)})
    keeper.write("nginx/nginx.conf", "events {}\n")
    keeper.commit("Initial commit")
    return keeper, dpkg


def installing(dpkg: Dpkg, tmp_path: Path, *packages: str, removed: tuple[str, ...] = ()) -> str:
    """A line of shell that installs these."""
    now = dpkg.install(*packages, removed=removed).rename(tmp_path / "now")
    return f"cp {now} {dpkg.directory}/status"


def test_a_day_of_a_debian_host(debian: tuple[Keeper, Dpkg], tmp_path: Path) -> None:
    keeper, dpkg = debian
    (tmp_path / "home/alice").mkdir()
    (tmp_path / "home/alice/.gitconfig").write_text("[user]\nname = Alice Admin\nemail = alice@example.org\n")
    keeper.write("motd", "of the day")
    keeper.run(tmp_path / "etckeeper/daily")
    keeper.write("nginx/conf.d/tls.conf", "ssl_protocols TLSv1.3;")
    upgrade = installing(dpkg, tmp_path, *NEW)
    dpkg.install(*OLD)
    work = [upgrade, f"echo 'http {{}}' >> {keeper.etc}/nginx/nginx.conf"]
    command = keeper.package_run("apt-get", "dist-upgrade", "-o", "x::Password=y", work=work, SUDO_USER="alice")
    keeper.write("nginx/conf.d/tls.conf", "ssl_protocols TLSv1.2 TLSv1.3;")
    keeper.commit("allow", "TLS 1.2", SUDO_USER="alice")
    commits = [revision.commit for revision in keeper.revisions()]
    alice = "Alice Admin <alice@example.org>"
    assert [origin(commit) for commit in commits] == [
        Origin(MadeBy.INITIAL),
        Origin(MadeBy.DAILY),
        Origin(MadeBy.BEFORE_PACKAGE_RUN, None, alice),
        Origin(PACKAGES, command.replace("=y", "=***"), alice),
        Origin(MadeBy.PERSON, None, alice),
    ]
    assert [commit.subject for commit in commits[::4]] == ["Initial commit", "allow TLS 1.2"]
    assert "\nPackages with configuration changes:\n-nginx-common 1.18" in commits[3].message
    debian11, debian12 = "1.1.1n-0+deb11u5", "3.0.11-1~deb12u2"
    assert [package_changes(commit.message) for commit in commits] == [
        (),
        (),
        (),
        (
            PackageChange("base-files", None, "12.4+deb12u5", "dpkg"),
            PackageChange("nginx-common", "1.18.0-6.1+deb11u3", "1.22.1-9+deb12u1", "dpkg"),
            PackageChange("nginx-core", "1.18.0-6.1+deb11u3", "1.22.1-9+deb12u1", "dpkg"),
            PackageChange("openssl", debian11, debian12, "dpkg"),
            PackageChange("libssl3", None, debian12, "dpkg"),
        ),
        (),
    ]
    assert platforms(keeper)[2:] == [
        (("1.28.0", "None", "None", "None"), ("1.28.0", "None", "None", "None")),
        (("1.18.0", "OpenSSL 1.1.1n", "None", "debian"), ("1.22.1", "OpenSSL 3.0.11", "None", "debian")),
        (("1.22.1", "OpenSSL 3.0.11", "None", "debian"), ("1.22.1", "OpenSSL 3.0.11", "None", "debian")),
    ]


def test_a_run_that_left_etc_alone_shows_in_the_next_one(debian: tuple[Keeper, Dpkg], tmp_path: Path) -> None:
    """The known hole in these messages, and what closes it."""
    keeper, dpkg = debian
    for number, version in enumerate(("3.0.9-1", "3.0.11-1~deb12u2", "3.0.15-1~deb12u1")):
        now = installing(dpkg, tmp_path, f"libssl3 {version} amd64")
        if number:
            dpkg.install(f"libssl3 {('3.0.9-1', '3.0.11-1~deb12u2')[number - 1]} amd64")
        else:
            dpkg.install()
        keeper.package_run("apt-get", work=[now] if number == 1 else [now, f"echo >> {keeper.etc}/motd"])
    seen = [(before[1], after[1]) for before, after in platforms(keeper)]
    assert seen == [
        ("None", "None"),
        ("None", "OpenSSL 3.0.9"),
        ("OpenSSL 3.0.11", "OpenSSL 3.0.15"),
    ]


def test_what_was_removed_and_not_purged_had_not_run(debian: tuple[Keeper, Dpkg], tmp_path: Path) -> None:
    """Its line looks like an upgrade: dpkg still lists it."""
    keeper, dpkg = debian
    new = ("nginx-common 1.22.1-9 all", "nginx-core 1.22.1-9 amd64")
    install = installing(dpkg, tmp_path, *new)
    dpkg.install(removed=("nginx-common 1.18.0-6 all",))
    keeper.package_run("apt-get", work=[install, f"echo >> {keeper.etc}/nginx/nginx.conf"])
    assert package_changes(keeper.last.message) == (
        PackageChange("nginx-common", "1.18.0-6", "1.22.1-9", "dpkg"),
        PackageChange("nginx-core", None, "1.22.1-9", "dpkg"),
    )
    assert [(before[0], after[0]) for before, after in platforms(keeper)][-1] == ("1.28.0", "1.22.1")


# ---------------------------------------------------------------------- the real apt-get


class Apt:
    """The real apt-get and dpkg on a root of their own, with packages that a test makes and etckeeper's own hooks."""

    def __init__(self, keeper: Keeper) -> None:
        root, self.keeper = keeper.top, keeper
        for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/apt/lists/partial", "var/log/apt"):
            (root / directory).mkdir(parents=True)
        for directory in ("var/cache/apt/archives/partial", "packages"):
            (root / directory).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        hooks = "\n".join(
            f'DPkg::{when}-Invoke {{ "{RUN.format(verb)}"; }};'
            for when, verb in (("Pre", "pre-install"), ("Post", "post-install"))
        )
        (root / "apt.conf").write_text(
            f"""Dir "{root}";
            Dir::State::status "{root}/var/lib/dpkg/status";
            DPkg::Options {{ "--root={root}"; "--log={root}/dpkg.log"; "--force-depends"; }};
            APT::Sandbox::User "root";
            {hooks}
            """
        )

    def package(self, name: str, version: str, conffiles: dict[str, str] | None = None) -> str:
        """A package of this version with these files in /etc; where it lies."""
        place = self.keeper.top / "packages" / f"{name}_{version}"
        (place / "DEBIAN").mkdir(parents=True)
        (place / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: A Test <test@host.example>\nDescription: a test\n"
        )
        for path, text in (conffiles or {}).items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
        (place / "DEBIAN/conffiles").write_text("".join(f"/{path}\n" for path in conffiles or {}))
        self.keeper.run("dpkg-deb", "--root-owner-group", "--build", place)
        return f"./packages/{place.name}.deb"

    def get(self, *arguments: str) -> str:
        """Run apt-get with these; its command line."""
        environment = {"APT_CONFIG": f"{self.keeper.top}/apt.conf", "DPKG_ADMINDIR": f"{self.keeper.top}/var/lib/dpkg"}
        self.keeper.run("apt-get", "--yes", *arguments, **environment, DEBIAN_FRONTEND="noninteractive")
        return " ".join(["apt-get --yes", *arguments])


@pytest.fixture
def apt(tmp_path: Path) -> Apt:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        unavailable("an apt-get that may install", "run these tests as root on Debian or Ubuntu")
    return Apt(Keeper.make(tmp_path, HIGHLEVEL_PACKAGE_MANAGER="apt", LOWLEVEL_PACKAGE_MANAGER="dpkg"))


def test_apt_get_from_the_first_installation_to_the_purge(apt: Apt) -> None:
    """All that dpkg does to its list: installed, replaced by another package, removed with its files left, purged."""
    conf = "etc/nginx/nginx.conf"
    apt.keeper.write("motd", "hello")
    first = apt.get(
        "install",
        apt.package("nginx-common", "1.18.0-6.1", {conf: "events {}\n"}),
        apt.package("nginx-core", "1.18.0-6.1"),
        apt.package("libssl1.1", "1.1.1k-1+deb11u1"),
    )
    apt.get("install", apt.package("libssl1.1", "1.1.1n-0+deb11u5"))
    upgrade = apt.get(
        "install",
        apt.package("nginx-common", "1.22.1-9", {conf: "events {} http {}\n"}),
        apt.package("nginx-core", "1.22.1-9"),
        apt.package("libssl3", "3.0.11-1~deb12u2"),
        "libssl1.1-",
    )
    removal = apt.get("remove", "nginx-common", "nginx-core")
    again = apt.get("install", apt.package("nginx", "1.28.0-1~bookworm", {"etc/nginx/mime.types": "types {}\n"}))
    purge = apt.get("purge", "nginx-common")
    commits = {revision.commit.message: revision.commit for revision in apt.keeper.revisions()}
    assert [(origin(commit), package_changes(commit.message)) for commit in commits.values()] == [
        (Origin(MadeBy.BEFORE_PACKAGE_RUN), ()),
        (
            Origin(PACKAGES, first),
            (
                PackageChange("libssl1.1", None, "1.1.1k-1+deb11u1", "dpkg"),
                PackageChange("nginx-common", None, "1.18.0-6.1", "dpkg"),
                PackageChange("nginx-core", None, "1.18.0-6.1", "dpkg"),
            ),
        ),
        (
            Origin(PACKAGES, upgrade),
            (
                PackageChange("libssl1.1", "1.1.1n-0+deb11u5", None, "dpkg"),
                PackageChange("nginx-common", "1.18.0-6.1", "1.22.1-9", "dpkg"),
                PackageChange("nginx-core", "1.18.0-6.1", "1.22.1-9", "dpkg"),
                PackageChange("libssl3", None, "3.0.11-1~deb12u2", "dpkg"),
            ),
        ),
        (Origin(PACKAGES, again), (PackageChange("nginx", None, "1.28.0-1~bookworm", "dpkg"),)),
        (Origin(PACKAGES, purge), (PackageChange("nginx-common", "1.22.1-9", None, "dpkg"),)),
    ]
    assert removal.endswith("remove nginx-common nginx-core")
    none, old = ("1.28.0", "None"), ("1.18.0", "OpenSSL 1.1.1k")
    new, nginx_org = ("1.22.1", "OpenSSL 3.0.11"), ("1.28.0", "OpenSSL 3.0.11")
    assert [(before[:2], after[:2]) for before, after in platforms(apt.keeper)] == [
        (none, none),
        (none, old),
        (("1.18.0", "OpenSSL 1.1.1n"), new),
        (new, nginx_org),
        (nginx_org, nginx_org),
    ]
