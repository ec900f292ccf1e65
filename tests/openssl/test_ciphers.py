import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.history.versions import Library
from driftscan.openssl.ciphers import Selection, select
from driftscan.openssl.security import (
    default_level,
    is_permitted,
    is_weak_digest,
    lowest_protocol,
    minimum_bits,
    minimum_dh_bits,
    minimum_ec_bits,
    too_small,
)
from driftscan.openssl.suites import FORMER, SUITES
from tests.conftest import unavailable
from tests.oracle.server import Certificates, Host, host

ECDHE_GCM = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
BY_NAME = {suite.name: suite for suite in SUITES}


def read(text: str, library: str = "3.0.13", built_by: str | None = None) -> Selection:
    return select(text, Library.parse(library), built_by)


def names(text: str, library: str = "3.0.13", built_by: str | None = None) -> list[str]:
    return [suite.name for suite in read(text, library, built_by).suites]


class TestLanguage:
    def test_names_keep_their_order_and_count_once(self) -> None:
        text = "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"
        assert names(text) == ["AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256"]

    @pytest.mark.parametrize("separator", [":", ",", " ", ";", "::", ": ,"])
    def test_separators(self, separator: str) -> None:
        assert names(f"AES128-SHA{separator}AES256-SHA") == ["AES128-SHA", "AES256-SHA"]

    def test_a_sign_separates_too(self) -> None:
        assert names("AES128-SHA:AES256-SHA!AES128-SHA") == names("kRSA+SHA+AES!AES128") == ["AES256-SHA"]

    def test_words_are_joined(self) -> None:
        assert names("ECDHE+AESGCM+aRSA") == ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]
        assert not read("AESGCM+CHACHA20").accepted

    def test_removed_suites_come_back_first_and_killed_ones_never(self) -> None:
        assert names("AES128-SHA:AES256-SHA:-AES256-SHA:RSA+SHA+AES") == ["AES128-SHA", "AES256-SHA"]
        assert names("AES256-SHA:AES128-SHA:-AES128-SHA:-AES256-SHA:kRSA+AES+SHA") == ["AES256-SHA", "AES128-SHA"]
        assert names("!AES256-SHA:kRSA+AES+SHA") == ["AES128-SHA"]

    def test_moved_to_the_end(self) -> None:
        assert names("AES128-SHA:AES256-SHA:NULL-SHA:+AES128-SHA") == ["AES256-SHA", "NULL-SHA", "AES128-SHA"]
        assert not read("+AES128-SHA").accepted

    def test_sorted_by_strength(self) -> None:
        assert names("AES128-SHA:NULL-SHA:AES256-SHA:@STRENGTH") == ["AES256-SHA", "AES128-SHA", "NULL-SHA"]

    def test_security_level(self) -> None:
        assert read("HIGH").security_level is None
        assert read("HIGH:@SECLEVEL=0").security_level == 0
        assert read("DEFAULT@SECLEVEL=1").security_level == 1
        assert read("@SECLEVEL=1:HIGH:@SECLEVEL=3").security_level == 3
        assert read("@SECLEVEL=1") == Selection((), None, accepted=False, certain=True, accepted_certain=True)

    @pytest.mark.parametrize("text", ["HIGH:@SECLEVEL=6", "HIGH:@SECLEVEL=", "HIGH:@seclevel=1", "@X:HIGH", "HIGH:@"])
    def test_no_such_command(self, text: str) -> None:
        assert read(text) == Selection((), None, accepted=False, certain=True, accepted_certain=True)

    @pytest.mark.parametrize("text", ["HIGH:!", "HIGH:!:AES", "HIGH:-", "HIGH|AES", "HIGH\n", "AES_128", "HIGH:AES+"])
    def test_what_is_no_word_fails_the_whole_string(self, text: str) -> None:
        assert not read(text).accepted

    @pytest.mark.parametrize(
        "text", ["nope|x:AES128-SHA", "TLS_AES_128_GCM_SHA256:AES128-SHA", "AESGCM+nope|x:AES128-SHA"]
    )
    def test_what_follows_an_unknown_name_is_skipped(self, text: str) -> None:
        assert names(text) == ["AES128-SHA"]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ":",
            "nonsense",
            "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "ecdhe-rsa-aes128-gcm-sha256",
            "high",
            "RC4-SHA",
            "DES-CBC3-SHA:EDH-RSA-DES-CBC3-SHA",
            "EXPORT",
            "LOW",
            "HIGH:!ALL",
            "ALL:-ALL",
        ],
    )
    def test_nothing_is_left(self, text: str) -> None:
        assert read(text) == Selection((), None, accepted=False, certain=True, accepted_certain=True)

    def test_default(self) -> None:
        default = names("DEFAULT")
        assert default == names("ALL:!COMPLEMENTOFDEFAULT:!eNULL")
        assert default[:3] == [f"{kind}-AES256-GCM-SHA384" for kind in ("ECDHE-ECDSA", "ECDHE-RSA", "DHE-RSA")]
        assert len(default) == 57
        assert names("DEFAULT:!PSK")[0] == default[0]
        assert names("AES128-SHA:DEFAULT") == ["AES128-SHA"]

    def test_how_many_each_keyword_has(self) -> None:
        found = {word: len(names(word)) for word in ("ALL", "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "HIGH", "FIPS")}
        assert found == {"ALL": 137, "COMPLEMENTOFALL": 18, "COMPLEMENTOFDEFAULT": 80, "HIGH": 137, "FIPS": 60}

    def test_suite_b(self) -> None:
        assert names("SUITEB128:HIGH") == ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
        assert names("SUITEB192") == names("SUITEB128C2") == ["ECDHE-ECDSA-AES256-GCM-SHA384"]
        assert names("SUITEB128ONLY") == ["ECDHE-ECDSA-AES128-GCM-SHA256"]


class TestLibraries:
    """`accepted`, `certain` and `accepted_certain` of a text, library by library."""

    @pytest.mark.parametrize(
        "library", ["1.0.1t", "1.0.2k", "1.1.0l", "1.1.1f", "3.0.13", "3.5.1", "4.0.0", "LibreSSL 3.8.2", "BoringSSL"]
    )
    def test_what_all_of_them_have(self, library: str) -> None:
        selection = read(ECDHE_GCM, library)
        assert ":".join(suite.name for suite in selection.suites) == ECDHE_GCM
        assert (selection.accepted, selection.certain, selection.accepted_certain) == (True, True, True)
        selection = read("nonsense", library)
        assert (selection.accepted, selection.certain, selection.accepted_certain) == (False, True, True)

    @pytest.mark.parametrize("library", ["1.0.1t", "1.0.2k", "4.0.0", "LibreSSL 3.8.2", "BoringSSL"])
    def test_a_keyword_leaves_only_acceptance_certain(self, library: str) -> None:
        for text in ("HIGH:!aNULL:!MD5", "EECDH+AESGCM", "DEFAULT", f"{ECDHE_GCM}:HIGH"):
            selection = read(text, library)
            assert (selection.accepted, selection.certain, selection.accepted_certain) == (True, False, True)

    def test_weak_suites_depend_on_the_build(self) -> None:
        for library in ("1.0.2k", "LibreSSL 3.8.2"):
            selection = read("RC4-SHA:DES-CBC3-SHA", library)
            assert (selection.accepted, selection.certain, selection.accepted_certain) == (True, False, False)
        selection = read("RC4-SHA:DES-CBC3-SHA", "1.1.1k", "debian")
        assert (selection.accepted, selection.certain, selection.accepted_certain) == (False, True, True)
        selection = read("RC4-SHA:DES-CBC3-SHA", "1.1.1k", "rhel")
        assert (selection.accepted, selection.certain, selection.accepted_certain) == (True, False, False)

    def test_keywords_that_moved_are_not_certain(self) -> None:
        assert not read("AES128-SHA:DES-CBC3-SHA:!MEDIUM", "1.0.2k").certain
        assert read("AES128-SHA:!MEDIUM", "1.0.2k").certain
        assert not read("AES128-SHA:!MEDIUM:DES-CBC3-SHA:!MD5", "1.0.2k").certain
        high = "AES128-SHA:AES256-SHA:HIGH+kRSA+SHA:!CAMELLIA:!SEED"
        assert [read(text, "1.0.2k").certain for text in (high, f"{high}:!3DES")] == [False, True]
        assert not read("AES128-SHA:!SSLv3", "1.0.2k").accepted_certain
        assert read("AES128-SHA:!SSLv3", "1.1.1k").accepted_certain

    def test_what_4_0_keeps_is_not_certain(self) -> None:
        assert read("PSK-AES128-GCM-SHA256", "3.6.0").certain
        assert not read("PSK-AES128-GCM-SHA256", "4.0.0").certain

    def test_weak_suites_come_after_others_of_their_strength(self) -> None:
        expected = ["SEED-SHA", "IDEA-CBC-SHA", "RC4-SHA", "RC4-MD5", "DES-CBC3-SHA"]
        assert names("MEDIUM+kRSA", "1.1.1k", "rhel") == expected
        ephemeral = ["DHE-RSA-SEED-SHA", "ECDHE-RSA-RC4-SHA", "ECDHE-RSA-DES-CBC3-SHA", "DHE-RSA-DES-CBC3-SHA"]
        assert names("MEDIUM+aRSA", "1.1.1k", "rhel")[:4] == ephemeral

    def test_killing_weak_suites_restores_certainty(self) -> None:
        weak = f"{ECDHE_GCM}:DES-CBC3-SHA:EDH-RSA-DES-CBC3-SHA"
        assert not read(weak, "1.0.2k").certain
        assert read(f"{weak}:!3DES:!EXPORT:!aNULL:!KRB5-DES-CBC3-SHA", "1.0.2k").certain

    def test_suites_come_with_releases(self) -> None:
        assert not read("ECDHE-RSA-AES128-GCM-SHA256", "1.0.0").accepted
        assert names("ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA", "1.0.2k") == ["AES128-SHA"]
        assert names("AES128-CCM:AES128-SHA", "1.0.2k") == ["AES128-SHA"]
        assert names("ARIA128-GCM-SHA256:AES128-SHA", "1.1.0l") == ["AES128-SHA"]
        assert names("ARIA128-GCM-SHA256", "1.1.1f") == ["ARIA128-GCM-SHA256"]
        assert names("CBC:AES128-GCM-SHA256", "1.1.1f") == ["AES128-GCM-SHA256"]
        assert len(names("CBC")) == 76

    def test_words_come_with_releases(self) -> None:
        iana = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        assert [read(iana, library).accepted for library in ("3.1.4", "3.2.0")] == [False, True]
        assert [read("ecdhe+AesGcm", library).accepted for library in ("3.5.1", "4.0.0")] == [False, True]
        assert [read("@SECLEVEL=1:HIGH", library).accepted for library in ("1.0.2k", "1.1.0l")] == [False, True]
        assert read("@SECLEVEL=1:HIGH", "1.0.2k").accepted_certain
        assert not read("@SECLEVEL=1:HIGH", "LibreSSL 3.8.2").accepted_certain
        assert not read("ECDHE+AESGCM", "1.0.1t").accepted_certain
        assert read("ECDHE+AESGCM", "1.0.2k").accepted_certain

    def test_short_tags_count_less_from_3_2_on(self) -> None:
        text = "AES256-CCM8:AES128-SHA:@STRENGTH"
        assert names(text, "3.1.4") == ["AES256-CCM8", "AES128-SHA"]
        assert names(text, "3.2.0") == ["AES128-SHA", "AES256-CCM8"]

    def test_the_first_releases_of_1_1_1_took_anything(self) -> None:
        assert read("nonsense", "1.1.1a").accepted
        assert read("nonsense", "1.1.1", "ubuntu").accepted
        assert not read("nonsense", "1.1.1a").accepted_certain
        assert not read("nonsense", "1.1.1", "rhel").accepted
        assert not read("nonsense", "1.1.1", "rhel").accepted_certain
        assert read("HIGH:!", "1.1.1a") == read("nonsense", "1.1.1c")
        assert read("AES128-SHA", "1.1.1").certain

    def test_the_policy_of_red_hat(self) -> None:
        text = "PROFILE=SYSTEM"
        assert read(text, "3.0.7", "debian") == read("nonsense")
        assert (read(text, "3.0.7", "rhel").accepted, read(text, "3.0.7", "rhel").certain) == (True, False)
        assert not read(text, "3.0.7").accepted_certain

    def test_what_an_engine_may_bring_is_not_certain(self) -> None:
        assert not read("GOST2012-GOST8912-GOST8912").accepted_certain
        selection = read("GOST2012-GOST8912-GOST8912:AES128-SHA")
        assert (selection.certain, selection.accepted_certain) == (False, True)
        assert not read("[ECDHE-RSA-AES128-GCM-SHA256|AES128-SHA]", "BoringSSL").accepted_certain
        assert not read("TLS_AES_128_GCM_SHA256", "LibreSSL 3.8.2").accepted_certain


class TestSecurityLevels:
    @pytest.mark.parametrize(
        ("library", "built_by", "level"),
        [
            ("1.0.2k", "debian", 0),
            ("1.1.0l", "debian", 1),
            ("1.1.1d", "debian", 2),
            ("1.1.1", "ubuntu", 1),
            ("1.1.1f", "ubuntu", 2),
            ("3.0.2", "ubuntu", 2),
            ("1.1.1w", "alpine", 1),
            ("3.1.4", "alpine", 1),
            ("3.2.0", "alpine", 2),
            ("3.0.13", None, 1),
            ("3.5.1", None, 2),
            ("3.0.7", "rhel", None),
            ("1.0.2k", "rhel", 0),
            ("LibreSSL 3.8.2", None, None),
            ("BoringSSL", None, 0),
        ],
    )
    def test_offered(self, library: str, built_by: str | None, level: int | None) -> None:
        assert default_level(Library.parse(library), built_by) == level

    def test_sizes(self) -> None:
        assert [minimum_bits(level) for level in range(6)] == [0, 1024, 2048, 3072, 7680, 15360]
        assert [minimum_dh_bits(level) for level in range(6)] == [1024, 1024, 2048, 3072, 7680, 15360]
        assert [minimum_ec_bits(level) for level in range(6)] == [0, 160, 224, 256, 384, 512]
        assert [too_small("RSA", bits, 2) for bits in (2047, 2048)] == [True, False]
        assert [too_small("EC", bits, 2) for bits in (192, 224)] == [True, False]
        assert not too_small("Ed25519", 256, 5)

    @pytest.mark.parametrize(
        ("digest", "old", "new"),
        [("md5", 1, 1), ("SHA1", 2, 1), ("sha224", 3, 3), ("sha256", 4, 4), ("sha384", 5, 5), ("sha512", 6, 6)],
    )
    def test_the_first_level_that_refuses_a_digest(self, digest: str, old: int, new: int) -> None:
        for first, library in ((old, "1.1.1k"), (new, "3.0.13")):
            weak = [is_weak_digest(digest, level, Library.parse(library)) for level in range(6)]
            assert weak == [level >= first for level in range(6)]

    def test_protocols(self) -> None:
        def lowest(library: str, built_by: str | None = None) -> list[str]:
            return [lowest_protocol(level, Library.parse(library), built_by) for level in range(6)]

        old = ["SSLv3", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.2"]
        assert lowest("1.1.1k") == lowest("1.1.1", "ubuntu") == old
        assert lowest("1.1.1f", "ubuntu") == ["SSLv3", "SSLv3", *["TLSv1.2"] * 4]
        assert lowest("3.0.13") == ["SSLv3", *["TLSv1.2"] * 5]

    def test_suites(self) -> None:
        first = {
            name: next((level for level in range(6) if not is_permitted(BY_NAME[name], level)), None)
            for name in ("NULL-SHA", "ADH-AES128-SHA", "AES256-SHA", "DHE-RSA-AES256-SHA", "AES128-GCM-SHA256")
        }
        assert first == {
            "NULL-SHA": 1,
            "ADH-AES128-SHA": 1,
            "AES256-SHA": 3,
            "DHE-RSA-AES256-SHA": 4,
            "AES128-GCM-SHA256": 3,
        }
        assert is_permitted(BY_NAME["ECDHE-RSA-AES256-GCM-SHA384"], 5)
        assert is_permitted(BY_NAME["TLS_AES_256_GCM_SHA384"], 5)
        weak = {suite.name: suite for suite in FORMER}
        assert [is_permitted(weak["RC4-MD5"], level) for level in (0, 1)] == [True, False]
        assert [is_permitted(weak["ECDHE-RSA-RC4-SHA"], level) for level in (1, 2)] == [True, False]


@pytest.fixture(scope="module")
def installed() -> Library:
    """The library behind the `openssl` command."""
    if shutil.which("openssl") is None:
        unavailable("openssl", "`apt-get install openssl`")
    told = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True).stdout
    library = Library.parse(" ".join(told.split()[:2]))
    if not library.is_openssl_since("1.1.1c") or library.is_openssl_since("4.0"):
        pytest.skip(f"{library} reads cipher strings in its own way; use OpenSSL 1.1.1c to 3.x")
    return library


def printed(text: str, *options: str) -> list[str]:
    """The suites up to TLS 1.2 that `openssl ciphers` prints; none when it refuses the string."""
    done = subprocess.run(["openssl", "ciphers", *options, text], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "no cipher match" in done.stderr or "invalid command" in done.stderr
    return [name for name in done.stdout.strip().split(":") if name and not name.startswith("TLS_")]


KEYWORDS = re.findall(
    r"\S+",
    """
    ALL COMPLEMENTOFALL COMPLEMENTOFDEFAULT HIGH MEDIUM LOW FIPS EXP EXPORT SSLv2 SSLv3 TLSv1 TLSv1.0 TLSv1.1 TLSv1.2
    TLSv1.3 CBC AESGCM AESCCM AESCCM8 AES AES128 AES256 ARIA ARIA128 ARIA256 ARIAGCM CAMELLIA CAMELLIA128 CAMELLIA256
    CHACHA20 3DES DES RC4 RC2 SEED IDEA kRSA aRSA RSA kDHr kDH kEDH kDHE DH EDH DHE ADH kECDHr kECDH kEECDH kECDHE ECDH
    EECDH ECDHE AECDH aECDH aECDSA ECDSA aDSS DSS aNULL eNULL NULL MD5 SHA SHA1 SHA256 SHA384 PSK kPSK aPSK kRSAPSK
    kDHEPSK kECDHEPSK kSRP aSRP SRP KRB5 DEFAULT SUITEB128 ecdhe nonsense TLS_RSA_WITH_AES_128_CBC_SHA AES_128
    EDH-RSA-DES-CBC3-SHA
    """,
)
WORDS = st.one_of(st.sampled_from(KEYWORDS), st.sampled_from([suite.name for suite in SUITES]))
ELEMENTS = st.builds(
    lambda sign, words: sign + "+".join(words),
    st.sampled_from(["", "", "", "!", "-", "+"]),
    st.lists(WORDS, min_size=1, max_size=3),
)
SPECIAL = st.sampled_from(["@STRENGTH", "@STRENGTH", "@SECLEVEL=0", "@SECLEVEL=3", "@SECLEVEL=7", "@X", "@", "!"])
SEPARATORS = st.sampled_from([":", ":", ":", ",", " ", ";", "::", ""])
BEGINNINGS = st.sampled_from(["", "", "DEFAULT", "DEFAULT:", "SUITEB192:", "ALL:", ":"])
STRINGS = st.builds(
    lambda beginning, parts: beginning + "".join(f"{element}{separator}" for element, separator in parts),
    BEGINNINGS,
    st.lists(st.tuples(st.one_of(ELEMENTS, ELEMENTS, ELEMENTS, SPECIAL), SEPARATORS), min_size=1, max_size=7),
).filter(lambda text: not text.startswith("-"))  # the command would take that for an option


class TestAgainstOpenssl:
    def test_the_table_is_what_openssl_prints(self, installed: Library) -> None:
        if not installed.is_openssl_since("3.0") or installed.is_openssl_since("3.2"):
            pytest.skip(f"the table is that of OpenSSL 3.0; {installed} has another one")
        line = re.compile(
            r"0x(?P<code>..,0x..) - (?P<iana>\S+) +- (?P<name>\S+) +(?P<version>\S+) +Kx=(?P<kx>\S+) +Au=(?P<au>\S+) +"
            r"Enc=(?P<kind>[^\s(]+)(?:\((?P<size>\d+)\))? +Mac=(?P<mac>\S+)"
        )
        ciphers = ["openssl", "ciphers", "-V", "-stdname", "-ciphersuites"]
        thirteen = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
        ccm = "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"
        told = subprocess.run(
            [*ciphers, f"{thirteen}:{ccm}", "ALL:COMPLEMENTOFALL"], check=True, capture_output=True, text=True
        ).stdout
        found = {}
        for match in line.finditer(told):
            kinds = {"None": "NULL", "CHACHA20/POLY1305": "CHACHA20", "Camellia": f"CAMELLIA{match['size']}"}
            mode = re.sub("^(AES|ARIA)", rf"\g<1>{match['size']}", match["kind"])
            found[match["name"]] = (
                int(match["code"].replace(",0x", ""), 16),
                match["iana"],
                match["version"],
                {"ECDH": "ECDHE", "DH": "DHE"}.get(match["kx"], match["kx"]),
                match["au"].replace("None", "NULL"),
                kinds.get(match["kind"], mode),
                match["mac"],
                int(match["size"] or 0),
            )
        assert found == {
            suite.name: (
                suite.code,
                suite.iana,
                suite.version,
                suite.key_exchange,
                suite.authentication,
                suite.encryption,
                suite.mac,
                suite.bits,
            )
            for suite in SUITES
        }

    @pytest.mark.parametrize("text", [*KEYWORDS, "COMPLEMENTOFDEFAULT+HIGH", "HIGH+COMPLEMENTOFDEFAULT"])
    def test_every_keyword(self, text: str, installed: Library) -> None:
        assert [suite.name for suite in select(text, installed).suites] == printed(text)

    @given(text=STRINGS)
    def test_random_strings(self, text: str, installed: Library) -> None:
        selection = select(text, installed)
        assert [suite.name for suite in selection.suites] == printed(text)
        assert selection.certain

    @pytest.mark.parametrize("level", range(6))
    def test_what_a_level_permits(self, level: int, installed: Library) -> None:
        every = select("ALL:COMPLEMENTOFALL", installed).suites
        told = printed(f"ALL:COMPLEMENTOFALL:@SECLEVEL={level}", "-s", "-tls1_2", "-psk", "-srp")
        assert [suite.name for suite in every if is_permitted(suite, level)] == told


Judge = Callable[[str, str, int], str | None]
"""What `nginx -t` says about a certificate with a key, or about DH parameters, at a security level."""


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    certificates = Certificates.make(tmp_path, "x")

    def judge(certificate: str, key: str, level: int) -> str | None:
        with host(certificates) as prepared:
            prepared.write(
                f"server {{ listen 127.0.0.1:{{1}} ssl; ssl_ciphers ALL:@SECLEVEL={level};"
                f"ssl_certificate {tmp_path / certificate}; ssl_certificate_key {tmp_path / key}; }}",
                {},
            )
            said = refused(prepared)
        return None if said is None else said.rpartition(":")[2]

    return judge


def refused(prepared: Host) -> str | None:
    """The first thing that nginx objects to, without OpenSSL's closing parenthesis."""
    said = prepared.check()
    found = None if said is None else re.search(r"\[emerg\] (.*?)\)?$", said, re.MULTILINE)
    return None if found is None else found[1]


@pytest.mark.nginx
@pytest.mark.usefixtures("installed")
class TestAgainstNginx:
    def openssl(self, directory: Path, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    @pytest.mark.parametrize(("curve", "bits"), [("secp224r1", 224), ("prime256v1", 256), ("secp384r1", 384)])
    def test_keys_of_certificates(self, curve: str, bits: int, judged: Judge, tmp_path: Path) -> None:
        self.openssl(
            tmp_path,
            *("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"),
            *("-subj", "/CN=k", "-keyout", "k.key", "-out", "k.crt"),
        )
        for level in range(6):
            expected = None if bits >= minimum_ec_bits(level) else "ee key too small"
            assert judged("k.crt", "k.key", level) == expected

    @pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_signatures_of_certificates(self, digest: str, judged: Judge, tmp_path: Path, installed: Library) -> None:
        self.openssl(tmp_path, "ecparam", "-genkey", "-name", "secp521r1", "-noout", "-out", "k.key")
        self.openssl(tmp_path, "req", "-new", "-key", "k.key", "-subj", "/CN=k", "-out", "k.csr")
        self.openssl(
            tmp_path,
            *("x509", "-req", "-in", "k.csr", "-CA", "x.crt", "-CAkey", "x.key", "-CAcreateserial"),
            *(f"-{digest}", "-out", "k.crt"),
        )
        for level in range(6):
            expected = "ca md too weak" if is_weak_digest(digest, level, installed) else None
            assert judged("k.crt", "k.key", level) == expected

    @pytest.mark.parametrize(
        "text", ["HIGH:!aNULL:!MD5", "nonsense", "HIGH:!", "TLS_AES_128_GCM_SHA256", "@SECLEVEL=1"]
    )
    def test_ciphers(self, text: str, tmp_path: Path, installed: Library) -> None:
        certificates = Certificates.make(tmp_path, "x")
        with host(certificates) as prepared:
            lines = certificates.lines("x")
            prepared.write(f'server {{ listen 127.0.0.1:{{1}} ssl; {lines} ssl_ciphers "{text}"; }}', {})
            said = refused(prepared)
        assert (said is None) is select(text, installed).accepted
        assert said is None or said.startswith(f'SSL_CTX_set_cipher_list("{text}") failed (SSL: ')
