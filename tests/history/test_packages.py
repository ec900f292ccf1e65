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
    ("pkgng", "ca_root_nss-3.104", "pkgng", "ca_root_nss", "3.104"),
    ("apt", "libssl1.0.0 1.0.1f-1ubuntu2.27", "dpkg", "libssl1.0.0", "1.0.1f-1ubuntu2.27"),
    ("apt", "libnginx-mod-mail 1.18.0-6.1+deb11u3 amd64", "dpkg", "libnginx-mod-mail", "1.18.0-6.1+deb11u3"),
    ("apt", "tzdata 2024a-0+deb12u1 all", "dpkg", "tzdata", "2024a-0+deb12u1"),
    ("apt", "0:nginx-1.14.2-alt1.x86_64", "rpm", "nginx", "1.14.2-alt1"),
    ("dnf", "0:gpg-pubkey-fd431d51-4ae0493b.(none)", "rpm", "gpg-pubkey", "fd431d51-4ae0493b"),
    ("zypper", "0:libopenssl1_1-1.1.1w-150600.5.6.1.x86_64", "rpm", "libopenssl1_1", "1.1.1w-150600.5.6.1"),
    ("dnf", "0:crypto-policies-20240828-2.git62.el9.noarch", "rpm", "crypto-policies", "20240828-2.git62.el9"),
    ("yum", "ModemManager 0.4.0 x86_64", "rpm", "ModemManager", "0.4.0"),
    ("apk", "musl-1.2.4_git20230717-r4", "apk", "musl", "1.2.4_git20230717-r4"),
    ("pacman", "lib32-openssl 1:3.3.2-1.1", "pacman", "lib32-openssl", "1:3.3.2-1.1"),
    ("pacman", "gtk2+extra 2.1.2-6", "pacman", "gtk2+extra", "2.1.2-6"),
    ("xbps", "perl-Net-SSLeay 1.94_2", "xbps", "perl-Net-SSLeay", "1.94_2"),
    ("emerge", "www-servers/nginx-1.26.2-r1", "portage", "www-servers/nginx", "1.26.2-r1"),
    ("emerge", "dev-libs/openssl-1.1.1w", "portage", "dev-libs/openssl", "1.1.1w"),
    ("emerge", "sys-devel/gcc-14.2.1_p20241116", "portage", "sys-devel/gcc", "14.2.1_p20241116"),
    ("emerge", "x11-libs/gtk+-3.24.42-r1", "portage", "x11-libs/gtk+", "3.24.42-r1"),
    ("emerge", "media-fonts/font-bh-75dpi-1.0.4", "portage", "media-fonts/font-bh-75dpi", "1.0.4"),
    ("emerge", "net-misc/curl-8.10.0_rc2", "portage", "net-misc/curl", "8.10.0_rc2"),
    ("cave", "www-servers/nginx-1.26.2:0::gentoo", "portage", "www-servers/nginx", "1.26.2"),
    ("cave", "dev-libs/openssl-3.3.2:0/3::installed", "portage", "dev-libs/openssl", "3.3.2"),
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


COMMANDS = [
    ("pacman -Syu", "nginx 1.26.2-1", "pacman"),
    ("/usr/bin/pacman -Syu", "nginx 1.26.2-1", "pacman"),
    ("-bash", "nginx 1.26.2-1", "pacman"),  # etckeeper 1.18.9-1.18.22 named what had called pacman
    ('bash -c "yay -Syu"', "nginx 1.26.2-1", "pacman"),
    ("sudo xbps-install -Su", "nginx 1.26.2_1", "xbps"),
    ("-zsh", "nginx 1.26.2_1", "xbps"),
    ("/usr/bin/python3 /usr/bin/unattended-upgrade", "nginx 1.22.1-9 amd64", "dpkg"),
    ("/usr/libexec/packagekitd", "nginx 1.22.1-9 amd64", "dpkg"),
    ("/usr/libexec/packagekitd", "0:nginx-1.20.1-16.el9.x86_64", "rpm"),
    ("apt install pkg-config dnf", "nginx 1.22.1-9 amd64", "dpkg"),
    ("/usr/bin/python3 /usr/bin/dnf upgrade", "0:nginx-1.20.1-16.el9.x86_64", "rpm"),
    ("apk add nginx", "nginx-1.26.2-r0", "apk"),
    ("emerge -uDN @world", "www-servers/nginx-1.26.2", "portage"),
    ("pkg upgrade", "nginx-1.26.2_5,3", "pkgng"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "item", "family"), COMMANDS)
def test_the_command_line_tells_whose_lines_they_are(command: str, item: str, family: str) -> None:
    message = f'committing changes in /etc made by "{command}"\n\nPackage changes:\n+{item}\n'
    assert [change.manager_format for change in package_changes(message)] == [family]


@pytest.mark.parametrize(
    "item",
    [
        "www-servers/nginx",  # cave, which lists no versions
        "app-misc/foo-bar",
        ".build-deps-20240101.120000",
        "nginx-1.26.2",
        "nginx 1.26.2 1 amd64",
        "x" * 301,
        f"nginx {'1' * 5000} amd64",
    ],
)
def test_a_line_without_a_version_that_can_be_told_is_passed_over(item: str) -> None:
    assert package_changes(after("apk", f"+{item}", "+zlib-1.3.1-r2")) == (
        PackageChange("zlib", None, "1.3.1-r2", "apk"),
    )
