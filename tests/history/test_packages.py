import pytest

from driftscan.history.packages import PackageChange, package_changes


def after(manager: str, *lines: str) -> str:
    return f"committing changes in /etc after {manager} run\n\nPackage changes:\n" + "\n".join(lines) + "\n"


FORMS = [
    ("apt", "nginx-core 1.18.0-6ubuntu14.4 amd64", "dpkg", "nginx-core", "1.18.0-6ubuntu14.4"),
    ("apt", "libssl3 3.0.2-0ubuntu1.18 i386", "dpkg", "libssl3", "3.0.2-0ubuntu1.18"),
    ("apt", "libstdc++6 1:4.9.2-10+deb8u1 amd64", "dpkg", "libstdc++6", "1:4.9.2-10+deb8u1"),
    ("apt", "nginx 1.2.1-2.2~bpo60+2", "dpkg", "nginx", "1.2.1-2.2~bpo60+2"),
    ("dnf", "0:nginx-core-1.20.1-16.el9_4.1.x86_64", "rpm", "nginx-core", "1.20.1-16.el9_4.1"),
    ("dnf", "1:openssl-libs-3.0.7-27.el9.x86_64", "rpm", "openssl-libs", "1:3.0.7-27.el9"),
    ("yum", "nginx 1.0.15 x86_64", "rpm", "nginx", "1.0.15"),
    ("yum", "nginx 1.0.15-4.el6", "rpm", "nginx", "1.0.15-4.el6"),
    ("apk", "nginx-mod-http-lua-1.26.2-r0", "apk", "nginx-mod-http-lua", "1.26.2-r0"),
    ("apk", "libssl3-3.3.2-r4", "apk", "libssl3", "3.3.2-r4"),
    ("pacman", "nginx 1.26.2-1", "pacman", "nginx", "1.26.2-1"),
    ("pacman", "openssl 1.1.1.k-1", "pacman", "openssl", "1.1.1.k-1"),
    ("pacman", "python 1:3.12-2", "pacman", "python", "1:3.12-2"),
    ("xbps", "nginx 1.26.2_1", "xbps", "nginx", "1.26.2_1"),
    ("pkgng", "py311-certbot-nginx-2.11.0,1", "pkgng", "py311-certbot-nginx", "2.11.0,1"),
    ("pkgng", "nginx-1.26.2_5,3", "pkgng", "nginx", "1.26.2_5,3"),
]  # fmt: skip


@pytest.mark.parametrize(("manager", "item", "family", "name", "version"), FORMS)
def test_every_package_manager_writes_its_lines_in_its_own_way(
    manager: str, item: str, family: str, name: str, version: str
) -> None:
    assert package_changes(after(manager, f"+{item}")) == (PackageChange(name, None, version, family),)
    assert package_changes(after(manager, f"-{item}")) == (PackageChange(name, version, None, family),)


def test_a_removed_and_an_added_line_of_one_package_are_an_upgrade() -> None:
    message = after(
        "apt",
        "-libssl3 3.0.20 amd64",
        "-nginx-core 1.18.0-1 amd64",
        "-nginx-light 1.18.0-1 amd64",
        "+nginx-core 1.22.1-9 amd64",
        "+libssl3 3.0.22 amd64",
        "+nginx 1.22.1-9 all",
    )
    assert package_changes(message) == (
        PackageChange("libssl3", "3.0.20", "3.0.22", "dpkg"),
        PackageChange("nginx-core", "1.18.0-1", "1.22.1-9", "dpkg"),
        PackageChange("nginx-light", "1.18.0-1", None, "dpkg"),
        PackageChange("nginx", None, "1.22.1-9", "dpkg"),
    )


def test_architectures_are_upgraded_each_for_itself() -> None:
    message = after("apt", "-libssl3 1 amd64", "-libssl3 2 i386", "+libssl3 3 amd64", "+libssl3 4 i386")
    assert package_changes(message) == (
        PackageChange("libssl3", "1", "3", "dpkg"),
        PackageChange("libssl3", "2", "4", "dpkg"),
    )


def test_kernels_that_are_installed_side_by_side_stay_apart() -> None:
    message = after(
        "dnf", "-0:kernel-5.14.0-1.el9.x86_64", "+0:kernel-5.14.0-3.el9.x86_64", "+0:kernel-5.14.0-4.el9.x86_64"
    )
    assert package_changes(message) == (
        PackageChange("kernel", "5.14.0-1.el9", "5.14.0-3.el9", "rpm"),
        PackageChange("kernel", None, "5.14.0-4.el9", "rpm"),
    )


def test_packages_with_configuration_changes_are_not_read_twice() -> None:
    message = (
        'committing changes in /etc made by "apt upgrade -y"\n\nPackages with configuration changes:\n'
        "-nginx-common 1.18.0-1 all\n+nginx-common 1.18.0-2 all\n\nPackage changes:\n"
        "-nginx-common 1.18.0-1 all\n+nginx-common 1.18.0-2 all\n"
    )
    assert package_changes(message) == (PackageChange("nginx-common", "1.18.0-1", "1.18.0-2", "dpkg"),)


@pytest.mark.parametrize(
    "message",
    [
        "daily autocommit",
        "committing changes in /etc after apt run",
        "committing changes in /etc after apt run\n\nPackage changes:\n",
        "Packages with configuration changes:\n+nginx 1.0 amd64\n",
        "note\n\nPackage changes:\n- nginx 1.0 is gone\n--- a\n+++ b\n-\n+\nnginx 1.0\n",
        "see Package changes:\n+nginx 1.0 amd64",
    ],
)
def test_a_message_without_package_lines_has_none(message: str) -> None:
    assert package_changes(message) == ()


def test_the_command_line_tells_pacman_from_dpkg() -> None:
    message = 'committing changes in /etc made by "pacman -Syu"\n\nPackage changes:\n-nginx 1.24.0-1\n+nginx 1.26.2-1\n'
    assert package_changes(message) == (PackageChange("nginx", "1.24.0-1", "1.26.2-1", "pacman"),)
