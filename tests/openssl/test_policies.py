"""Policies of the host, and branches of the library."""

import pytest

from driftscan.history.versions import Library
from driftscan.openssl.branches import branch
from driftscan.openssl.policies import Policy, follows, read_policy


@pytest.mark.parametrize(
    ("text", "policy", "level"),
    [
        ("DEFAULT", Policy("DEFAULT", ()), 2),
        ("legacy", Policy("LEGACY", ()), 1),
        ("FUTURE", Policy("FUTURE", ()), 3),
        ("FIPS:OSPP", Policy("FIPS", ("OSPP",)), 2),
        ("DEFAULT:SHA1:AD-SUPPORT:SSH-LEGACY", Policy("DEFAULT", ("SHA1",)), 2),
        ("OURS", Policy("OURS", ()), None),
    ],
)
def test_a_policy_is_a_name_and_modules_that_are_about_tls(text: str, policy: Policy, level: int | None) -> None:
    assert read_policy(text) == policy
    assert read_policy(text).level == level


@pytest.mark.parametrize(
    ("cipher_string", "written", "built_by", "expected"),
    [
        ("PROFILE=SYSTEM", True, "rhel", True),
        ("PROFILE=SYSTEM", True, None, True),
        ("HIGH:!aNULL:!MD5", False, "rhel", True),
        ("HIGH:!aNULL:!MD5", True, "rhel", False),
        ("HIGH:!aNULL:!MD5", False, "debian", False),
    ],
)
def test_nginx_follows_the_policy_by_a_word_or_by_red_hats_default(
    cipher_string: str,
    written: bool,
    built_by: str | None,
    expected: bool,
) -> None:
    assert follows(cipher_string, written=written, built_by=built_by) is expected


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("1.0.0s", "OpenSSL 1.0.0"),
        ("1.0.1t", "OpenSSL 1.0.1"),
        ("1.0.2u", "OpenSSL 1.0.2"),
        ("1.1.0l", "OpenSSL 1.1.0"),
        ("1.1.1w", "OpenSSL 1.1.1"),
        ("3.0.13", "OpenSSL 3.0"),
        ("3.1.4", "OpenSSL 3.0"),
        ("3.4.1", "OpenSSL 3.2"),
        ("3.5.0", "OpenSSL 3.5"),
        ("4.0.0", "OpenSSL 4.0"),
        ("LibreSSL 3.8.2", "LibreSSL"),
        ("BoringSSL", "BoringSSL"),
    ],
)
def test_a_branch_is_what_behaves_alike(library: str, expected: str) -> None:
    assert branch(Library.parse(library)) == expected
