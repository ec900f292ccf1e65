import re
import shutil
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.history.versions import Library
from driftscan.openssl.conf_commands import Command, command
from tests.conftest import unavailable
from tests.oracle.server import Certificates, host, installed


def taken(name: str, value: str, library: str = "3.0.13", built_by: str | None = None) -> bool | None:
    return command(name, value, Library.parse(library), built_by).accepted


def taken_since(name: str, value: str, *releases: str) -> list[bool | None]:
    return [taken(name, value, release) for release in releases]


class TestNames:
    def test_messages(self) -> None:
        library = Library.parse("3.0.13")
        assert command("MinProtocol", "TLSv1.2", library) == Command(accepted=True, message=None)
        assert command("Nope", "x", library) == Command(accepted=False, message='SSL_CONF_cmd("Nope", "x") failed')
        doubtful = 'SSL_CONF_cmd("Certificate", "/etc/x.pem") failed'
        assert command("Certificate", "/etc/x.pem", library) == Command(accepted=None, message=doubtful)

    @pytest.mark.parametrize("library", ["1.0.1t", "LibreSSL 3.8.2", "BoringSSL"])
    def test_libraries_without_commands(self, library: str) -> None:
        message = '"ssl_conf_command" directive is not supported on this platform'
        assert command("MinProtocol", "TLSv1.2", Library.parse(library)) == Command(accepted=False, message=message)

    def test_case_does_not_matter(self) -> None:
        assert taken("minprotocol", "TLSv1.2") is taken("MINPROTOCOL", "TLSv1.2") is True

    @pytest.mark.parametrize("name", ["", "-cipher", "cipher", "no_ssl3", "serverpref", "min_protocol", "NumTicket"])
    def test_commands_of_the_command_line_are_unknown(self, name: str) -> None:
        assert taken(name, "x") is False

    @pytest.mark.parametrize(
        ("name", "value", "before", "since"),
        [
            ("MinProtocol", "TLSv1.2", "1.0.2u", "1.1.0"),
            ("VerifyMode", "Request", "1.0.2u", "1.1.0"),
            ("Groups", "P-256", "1.1.0l", "1.1.1"),
            ("Ciphersuites", "TLS_AES_128_GCM_SHA256", "1.1.0l", "1.1.1"),
            ("RecordPadding", "64", "1.1.0l", "1.1.1"),
            ("NumTickets", "2", "1.1.0l", "1.1.1"),
        ],
    )
    def test_commands_come_with_releases(self, name: str, value: str, before: str, since: str) -> None:
        assert taken_since(name, value, before, since) == [False, True]

    def test_files_are_not_judged(self) -> None:
        for name in ("Certificate", "PrivateKey", "DHParameters", "ServerInfoFile", "ChainCAFile", "ClientCAPath"):
            assert taken(name, "/nowhere") is None
        assert taken_since("VerifyCAStore", "/nowhere", "1.1.1k", "3.0.13") == [False, None]

    def test_what_later_releases_have_is_not_known(self) -> None:
        assert taken_since("SetCertificateFlags", "Strict", "3.0.13", "4.1.0") == [False, None]
        assert taken_since("Options", "Nope", "3.0.13", "3.5.1") == [False, None]
        assert taken("Options", "", "3.5.1") is False


class TestLists:
    @pytest.mark.parametrize(
        "value", ["ALL", "all", "-ALL,TLSv1.2", "-ALL, TLSv1.2 ,+tlsv1.3", "SSLv2", "-SSLv3", "DTLSv1.2"]
    )
    def test_protocols(self, value: str) -> None:
        assert taken("Protocol", value) is True

    @pytest.mark.parametrize("value", ["", ",", "TLSv1.2,", "TLSv1.4", "TLSv1.2 TLSv1.3", "TLSv1.2:TLSv1.3", "- ALL"])
    def test_no_protocols(self, value: str) -> None:
        assert taken("Protocol", value) is False

    def test_words_come_with_releases(self) -> None:
        assert taken_since("Protocol", "-TLSv1.3", "1.1.0l", "1.1.1") == [False, True]
        assert taken_since("Options", "PrioritizeChaCha", "1.1.0l", "1.1.1") == [False, True]
        assert taken_since("Options", "KTLS", "1.1.1k", "3.0.2") == [False, True]
        assert taken_since("Options", "-TxCertificateCompression", "3.1.4", "3.2.0") == [False, True]
        assert taken_since("Options", "PreferNoDHEKEX", "3.2.0", "3.3.0") == [False, True]
        assert taken_since("VerifyMode", "RequirePostHandshake", "1.1.0l", "1.1.1") == [False, True]

    def test_options(self) -> None:
        assert taken("Options", "-SessionTicket,ServerPreference , +prioritizechacha", "1.1.1k") is True
        assert taken("Options", "SessionTicket:ServerPreference") is False
        assert taken("Options", "NoSessionTicket") is False

    def test_an_option_of_red_hat(self) -> None:
        found = [taken("Options", "RHNoEnforceEMSinFIPS", built_by=family) for family in ("rhel", None, "debian")]
        assert found == [None, None, False]

    def test_verify_modes(self) -> None:
        assert taken("VerifyMode", "request,Once") is taken("VerifyMode", "-Require") is True
        assert taken("VerifyMode", "RequiresPostHandshake") is taken("VerifyMode", "None") is False

    @pytest.mark.parametrize("name", ["MinProtocol", "MaxProtocol"])
    def test_bounds(self, name: str) -> None:
        for value in ("None", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "DTLSv1.2"):
            assert taken(name, value) is True
        for value in ("", "none", "tlsv1.2", "TLSv1.0", "TLSv1.4", "SSLv2", " TLSv1.2", "TLSv1.2,TLSv1.3"):
            assert taken(name, value) is False
        assert taken_since(name, "TLSv1.3", "1.1.0l", "1.1.1") == [False, True]
        assert taken_since(name, "DTLSv1.2", "1.1.1k", "3.0.2") == [None, True]


class TestSuitesAndGroups:
    def test_suites_of_tls_1_3(self) -> None:
        both = "TLS_AES_128_GCM_SHA256 : TLS_CHACHA20_POLY1305_SHA256"
        assert taken_since("Ciphersuites", both, "1.1.1k", "3.0.13") == [True, True]
        assert taken_since("Ciphersuites", "", "1.1.1k", "3.0.13") == [True, True]
        assert taken_since("Ciphersuites", "TLS_RSA_WITH_AES_128_CBC_SHA", "1.1.1k", "3.0.13") == [True, True]
        for nothing in ("NOPE", ":", " ", "AES128-SHA", "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384"):
            assert taken_since("Ciphersuites", nothing, "1.1.1k", "3.0.13") == [False, False]

    def test_one_known_suite_is_enough_from_3_0_on(self) -> None:
        for text in ("TLS_AES_128_GCM_SHA256:NOPE", "NOPE:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:"):
            assert taken_since("Ciphersuites", text, "1.1.1k", "3.0.0") == [False, True]

    def test_case_of_suites(self) -> None:
        assert taken_since("Ciphersuites", "tls_aes_128_gcm_sha256", "3.0.13", "4.0.0") == [False, True]

    def test_suites_of_other_builds(self) -> None:
        assert taken("Ciphersuites", "TLS_SHA256_SHA256", "3.5.1") is None

    def test_cipher_strings(self) -> None:
        assert taken("CipherString", "HIGH:!aNULL:@SECLEVEL=1") is True
        assert taken("CipherString", "NOPE") is taken("CipherString", "") is False
        assert taken("CipherString", "RC4-SHA", "1.0.2k") is None

    @pytest.mark.parametrize("name", ["Groups", "Curves"])
    def test_groups(self, name: str) -> None:
        assert taken(name, "P-256:X25519") is True
        assert taken(name, "auto") is taken(name, "P-256:nope") is False
        assert taken(name, "secp256k1") is None
        assert taken(name, "secp256k1", built_by="debian") is True

    def test_one_curve(self) -> None:
        assert taken("ECDHParameters", "automatic") is taken("ECDHParameters", "+Automatic", "1.0.2k") is True
        assert taken("ECDHParameters", "P-256") is taken("ECDHParameters", "secp384r1", "1.1.1k") is True
        assert taken("ECDHParameters", "P-256:P-384") is taken("ECDHParameters", "auto") is False
        assert taken_since("ECDHParameters", "nope", "1.1.1k", "3.0.13") == [None, False]


class TestSignatureAlgorithms:
    @pytest.mark.parametrize("name", ["SignatureAlgorithms", "ClientSignatureAlgorithms"])
    def test_pairs(self, name: str) -> None:
        assert taken(name, "RSA+SHA256:ECDSA+sha384 : DSA+SHA1") is True
        assert taken_since(name, "RSA+SHA256:ECDSA+SHA384", "1.0.2k", "1.1.0l", "1.1.1k", "3.5.1") == [True] * 4

    def test_schemes(self) -> None:
        text = "rsa_pss_rsae_sha256:ed25519:ecdsa_secp256r1_sha256:rsa_pss_pss_sha512"
        assert taken_since("SignatureAlgorithms", text, "1.1.0l", "1.1.1k", "3.0.13") == [None, True, True]

    @pytest.mark.parametrize(
        "text",
        [
            "nope",
            "rsa+SHA256",
            "RSA+MD5",
            "RSA+Sha256",
            "RSA-PSS+SHA1",
            "RSA",
            "RSA+",
            "+SHA256",
            "ED25519",
            "?RSA+SHA256",
        ],
    )
    def test_unknown(self, text: str) -> None:
        assert taken("SignatureAlgorithms", text) is False
        assert taken("SignatureAlgorithms", text, "3.5.1") is None

    @pytest.mark.parametrize("text", ["", ":", "RSA+SHA256:", "RSA+SHA256::ECDSA+SHA256"])
    def test_empty(self, text: str) -> None:
        assert taken_since("SignatureAlgorithms", text, "1.0.2k", "3.0.13", "3.5.1") == [False, False, False]

    @pytest.mark.parametrize(
        "text", ["RSA+SHA256:RSA+sha256", "RSA+SHA256:rsa_pkcs1_sha256", "PSS+SHA256:RSA-PSS+SHA256"]
    )
    def test_twice(self, text: str) -> None:
        assert taken_since("SignatureAlgorithms", text, "1.1.1k", "3.0.13", "3.2.0") == [False, False, None]


class TestNumbers:
    def test_padding(self) -> None:
        for value in ("0", "64", "16384", "", "abc", "64x", " 5", "64,128"):
            assert taken("RecordPadding", value) is True
        for value in ("-1", "16385"):
            assert taken("RecordPadding", value) is False
        assert taken("RecordPadding", "99999999999") is None
        assert [taken("RecordPadding", value, "3.4.0") for value in ("64", "16385", "64,128")] == [True, False, None]

    def test_tickets(self) -> None:
        assert [taken("NumTickets", value) for value in ("0", "2", "abc", "-1")] == [True, True, True, False]


NAMED = {
    "Protocol": ("ALL SSLv2 SSLv3 TLSv1 tlsv1.1 -TLSv1.2 TLSv1.3 +DTLSv1 DTLSv1.2 TLSv1.4 -", ","),
    "Options": (
        (
            "SessionTicket -EmptyFragments Bugs Compression serverpreference NoResumptionOnRenegotiation DHSingle "
            "ECDHSingle UnsafeLegacyRenegotiation EncryptThenMac NoRenegotiation AllowNoDHEKEX +PrioritizeChaCha "
            "MiddleboxCompat AntiReplay UnsafeLegacyServerConnect ClientRenegotiation ExtendedMasterSecret CANames "
            "KTLS StrictCertCheck TxCertificateCompression RxCertificateCompression KTLSTxZerocopySendfile "
            "IgnoreUnexpectedEOF PreferNoDHEKEX nope"
        ),
        ",",
    ),
    "VerifyMode": ("Peer request Require -Once RequestPostHandshake RequirePostHandshake None", ","),
    "MinProtocol": ("None SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 DTLSv1 DTLSv1.2 tlsv1 TLSv1.4", ","),
    "Ciphersuites": (
        (
            "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_CCM_SHA256 "
            "TLS_AES_128_CCM_8_SHA256 tls_aes_128_gcm_sha256 AES128-SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_FALLBACK_SCSV"
        ),
        ":",
    ),
    "CipherString": ("HIGH !aNULL AES128-SHA nope TLS_AES_128_GCM_SHA256 @SECLEVEL=1 @X RC4-SHA DEFAULT", ":"),
    "Groups": ("P-256 prime256v1 X25519 x448 auto nope P-384 secp384r1 ffdhe2048 X25519MLKEM768", ":"),
    "ECDHParameters": ("P-256 prime256v1 X25519 automatic +Automatic auto nope", ":"),
    "SignatureAlgorithms": (
        (
            "RSA+SHA1 RSA+sha224 RSA+SHA256 RSA+SHA384 RSA+SHA512 RSA+MD5 RSA+Sha256 ECDSA+SHA1 ECDSA+SHA224 "
            "ECDSA+SHA256 ECDSA+SHA384 ECDSA+SHA512 DSA+SHA1 DSA+SHA384 RSA-PSS+SHA224 RSA-PSS+SHA256 PSS+SHA256 "
            "PSS+SHA512 rsa+SHA256 rsa_pkcs1_sha1 rsa_pkcs1_sha256 rsa_pss_rsae_sha256 rsa_pss_rsae_sha224 "
            "rsa_pss_pss_sha384 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512 "
            "ecdsa_secp521r1_sha256 ed25519 ed448 ED448 nope RSA"
        ),
        ":",
    ),
    "RecordPadding": ("0 1 64 16384 16385 -1 abc 64x", ","),
    "NumTickets": ("0 1 64 16384 -1 abc 64x", ","),
    "Nope": ("x", ","),
}
SINGLE = [(name, value) for name, (values, _) in NAMED.items() for value in ("", *values.split())]


@st.composite
def arguments(draw: st.DrawFn) -> tuple[str, str]:
    """A command in any case, and a few of its words."""
    name = draw(st.sampled_from(sorted(NAMED)))
    words, separator = NAMED[name]
    separators = st.sampled_from([separator, separator, f" {separator} ", ""])
    value = draw(st.sampled_from(words.split()))
    for word in draw(st.lists(st.sampled_from(["", *words.split()]), max_size=3)):
        value += draw(separators) + word
    return draw(st.sampled_from([name, name.lower(), name.upper()])), value


@pytest.fixture(scope="module")
def agree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], None]:
    """Compares what we say about an `ssl_conf_command` with `nginx -t`."""
    if shutil.which("openssl") is None:
        unavailable("openssl", "`apt-get install openssl`")
    certificates = Certificates.make(tmp_path_factory.mktemp("pki"), "x")
    here = installed().library
    assert here is not None
    library = here.version

    def compare(name: str, value: str) -> None:
        with host(certificates) as prepared:
            line = f'{certificates.lines("x")} ssl_conf_command "{name}" "{value}";'
            prepared.write(f"server {{ listen 127.0.0.1:{{1}} ssl; {line} }}", {})
            objection = prepared.check() or ""
        said = re.search(r"\[emerg\] (.*?)(?: \(SSL: .*)?$", objection, re.MULTILINE)
        found = command(name, value, library, "debian")
        if found.accepted is None:
            known = not library.is_openssl_since("3.2") and not re.search(r"\d{10}", value)
            assert not known, "of the library of Debian 12 all is known but what an int cannot hold"
        else:
            assert found == Command(said is None, None if said is None else said[1])

    return compare


@pytest.mark.nginx
class TestAgainstNginx:
    @pytest.mark.parametrize(("name", "value"), SINGLE)
    def test_every_word(self, name: str, value: str, agree: Callable[[str, str], None]) -> None:
        agree(name, value)

    @given(words=arguments())
    def test_random_lists(self, words: tuple[str, str], agree: Callable[[str, str], None]) -> None:
        agree(*words)
