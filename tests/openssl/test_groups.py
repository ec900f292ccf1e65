import re
import shutil
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.history.versions import Library, NginxVersion
from driftscan.openssl.groups import Curves, curves, group_list
from tests.conftest import unavailable
from tests.oracle.server import Certificates, host, installed

EVERYWHERE = ["1.0.2g", "1.1.0l", "1.1.1k", "3.0.13", "3.4.0", "3.5.1", "4.0.0", "LibreSSL 3.8.2", "BoringSSL"]


def taken(text: str, library: str, built_by: str | None = None) -> bool | None:
    return group_list(text, Library.parse(library), built_by)


def read(text: str, nginx: str, library: str) -> Curves:
    return curves(text, Library.parse(library), NginxVersion.parse(nginx))


class TestNames:
    @pytest.mark.parametrize("library", EVERYWHERE)
    @pytest.mark.parametrize("text", ["prime256v1", "P-256", "secp384r1:P-256", "P-521:secp384r1:prime256v1"])
    def test_known_everywhere(self, text: str, library: str) -> None:
        assert taken(text, library) is True

    @pytest.mark.parametrize("library", EVERYWHERE[:-3])
    @pytest.mark.parametrize(
        "text", ["nonsense", "auto", "auto:X25519", "P-256:nonsense", "P256", "P-256,P-384", "P-256 P-384"]
    )
    def test_known_nowhere(self, text: str, library: str) -> None:
        assert taken(text, library) is False

    @pytest.mark.parametrize(
        ("text", "before", "since"),
        [
            ("X25519", "1.0.2g", "1.1.0"),
            ("X448", "1.1.0l", "1.1.1"),
            ("x25519", "1.1.1k", "3.0.0"),
            ("secp256r1", "1.1.1k", "3.0.0"),
            ("ffdhe2048", "1.1.1k", "3.0.0"),
            ("?nonsense:X25519:P-256", "3.2.0", None),
            ("P-256:?nonsense", "3.2.0", "3.3.0"),
            ("X25519MLKEM768:X25519", "3.4.0", "3.5.0"),
            ("SecP384r1MLKEM1024", "3.4.0", "3.5.0"),
            ("x25519:SECP256R1:p-384", "3.4.0", "3.5.0"),
            ("DEFAULT", "3.4.0", "3.5.0"),
            ("DEFAULT:-X25519", "3.4.0", "3.5.0"),
            ("*X25519/P-256:?nonsense", "3.4.0", "3.5.0"),
        ],
    )
    def test_known_since(self, text: str, before: str, since: str | None) -> None:
        assert taken(text, before) is False
        if since is not None:
            assert taken(text, since) is True

    def test_the_build_decides_rare_curves_from_3_0_on(self) -> None:
        for name in ("secp256k1", "sect571r1", "brainpoolP256r1", "B-163"):
            assert taken(name, "1.0.2k", "rhel") is True
            assert taken(name, "3.0.7", "rhel") is None
            assert taken(name, "3.0.7") is None
            assert taken(name, "3.0.7", "debian") is True
        assert taken("brainpoolP256r1tls13", "3.1.0", "debian") is False
        assert taken("brainpoolP256r1tls13", "3.2.0", "debian") is True

    def test_a_certain_refusal_outweighs_doubt(self) -> None:
        assert taken("secp256k1:nonsense", "3.0.13") is False

    @pytest.mark.parametrize("text", ["X25519:X25519", "prime256v1:P-256", "secp256r1:prime256v1", "x25519:X25519"])
    def test_twice(self, text: str) -> None:
        assert [taken(text, library) for library in ("3.0.13", "3.2.2")] == [False, False]
        assert [taken(text, library) for library in ("3.3.0", "3.5.1")] == [None, True]

    @pytest.mark.parametrize("text", ["", ":", "P-256:", ":P-256", "P-256::X25519", "P-256: :X25519"])
    def test_empty_elements(self, text: str) -> None:
        assert [taken(text, library) for library in ("1.1.1k", "3.0.13")] == [False, False]
        assert taken(text, "3.5.1") is (False if text else None)

    def test_space_around_names(self) -> None:
        assert taken(" P-256 :\tX25519 ", "3.0.13") is True

    @pytest.mark.parametrize(
        "text", ["**P-256", "P-256:?", "*", "P-256//X25519", "/P-256", "?DEFAULT", "-DEFAULT", "-nonsense:P-256"]
    )
    def test_wrong_signs(self, text: str) -> None:
        assert taken(text, "3.5.1") is False

    def test_at_most_four_key_shares(self) -> None:
        assert taken("*X25519:*P-256:*P-384:*P-521", "3.5.1") is True
        assert taken("*X25519:*P-256:*P-384:*P-521:*X448", "3.5.1") is False
        assert taken("*X25519:*P-256:*P-384:*P-521:*X448:-X448", "3.5.1") is True
        assert taken("*ffdhe4096:*ffdhe6144:DEFAULT", "3.5.1") is True
        assert taken("*ffdhe4096:*ffdhe6144:*ffdhe8192:DEFAULT", "3.5.1") is False
        assert taken("DEFAULT:*X25519:*P-256:*P-384:*P-521", "3.5.1") is True

    def test_the_default_list_of_3_5(self) -> None:
        text = "?*X25519MLKEM768 / ?*X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072"
        assert taken(text, "3.5.1") is True

    def test_what_cannot_be_told(self) -> None:
        assert taken("?nonsense", "3.3.0") is None
        assert taken("?nonsense", "3.5.1") is None
        assert taken("X25519:-X25519", "3.5.1") is None
        assert taken("DEFAULT_SUITE_B", "3.5.1") is None
        assert taken("GC256A", "3.0.13") is None
        assert taken("x25519_kyber768", "3.0.13") is None
        assert taken("curveSM2MLKEM768", "4.0.0") is None
        assert taken("X25519", "LibreSSL 2.5.3") is None
        assert taken("X25519MLKEM768", "BoringSSL") is None
        assert taken("nonsense", "LibreSSL 3.8.2") is False


class TestMessages:
    def test_accepted(self) -> None:
        assert read("prime256v1", "1.10.3", "3.0.13") == Curves(accepted=True, message=None)
        assert read("secp521r1:secp384r1", "1.12.2", "3.0.13") == Curves(accepted=True, message=None)
        assert read("auto", "1.11.0", "3.0.13") == Curves(accepted=True, message=None)
        assert read("auto", "1.11.0", "1.0.1t") == Curves(accepted=True, message=None)

    @pytest.mark.parametrize(
        ("text", "nginx", "library", "message"),
        [
            # What real ones said.
            ("secp521r1:secp384r1", "1.10.3", "3.0.22", 'Unknown curve name "secp521r1:secp384r1"'),
            ("auto:X25519", "1.10.3", "3.0.22", 'Unknown curve name "auto:X25519"'),
            ("auto:X25519", "1.12.2", "3.0.22", 'SSL_CTX_set1_curves_list("auto:X25519") failed'),
            ("X25519MLKEM768:X25519", "1.31.4", "3.0.22", 'SSL_CTX_set1_curves_list("X25519MLKEM768:X25519") failed'),
            # What the source says.
            ("auto", "1.10.3", "1.0.2g", 'Unknown curve name "auto"'),
            ("P-256", "1.10.3", "1.0.2g", 'Unknown curve name "P-256"'),
            ("secp256r1", "1.10.3", "1.0.2g", 'Unknown curve name "secp256r1"'),
            ("X25519", "1.10.3", "1.1.0f", 'Unable to create curve "X25519"'),
            ("P-256:P-384", "1.14.2", "1.0.1t", 'OBJ_sn2nid("P-256:P-384") failed: unknown curve'),
            ("X25519", "1.14.2", "1.0.1t", 'OBJ_sn2nid("X25519") failed: unknown curve'),
            ("nonsense", "1.14.2", "LibreSSL 2.4.5", 'OBJ_sn2nid("nonsense") failed: unknown curve'),
        ],
    )
    def test_refused(self, text: str, nginx: str, library: str, message: str) -> None:
        assert read(text, nginx, library) == Curves(accepted=False, message=message)

    def test_brainpool_came_with_1_0_2(self) -> None:
        unknown = Curves(accepted=False, message='Unknown curve name "brainpoolP256r1"')
        assert read("brainpoolP256r1", "1.10.3", "1.0.1t") == unknown
        assert read("brainpoolP256r1", "1.10.3", "1.0.2g").accepted is None

    def test_doubtful(self) -> None:
        assert read("secp256k1", "1.10.3", "1.0.1t") == Curves(None, 'Unable to create curve "secp256k1"')
        assert read("secp256k1", "1.14.2", "1.0.1t") == Curves(None, 'EC_KEY_new_by_curve_name("secp256k1") failed')
        assert read("secp256k1", "1.14.2", "3.0.13") == Curves(None, 'SSL_CTX_set1_curves_list("secp256k1") failed')


NAMES = re.findall(
    r"\S+",
    """
    sect163k1 sect163r1 sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1
    sect409r1 sect571k1 sect571r1 secp160k1 secp160r1 secp160r2 secp192k1 secp192r1 secp224k1 secp224r1 secp256k1
    secp256r1 secp384r1 secp521r1 prime192v1 prime256v1 prime239v1 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1
    brainpoolP160r1 brainpoolP256t1 brainpoolP256r1tls13 P-192 P-224 P-256 P-384 P-521 p-256 P256 K-163 K-571 B-163
    B-571 X25519 X448 x25519 x448 ed25519 ffdhe2048 ffdhe8192 FFDHE2048 SM2 X25519MLKEM768 MLKEM768 auto AUTO DEFAULT
    ?X25519 *X25519 -X25519 X25519/P-256 nonsense
    """,
)
LISTS = st.builds(
    lambda first, rest: first + "".join(separator + name for separator, name in rest),
    st.sampled_from(["", " ", *NAMES]),
    st.lists(st.tuples(st.sampled_from([":", ":", " : ", ""]), st.sampled_from(["", *NAMES])), max_size=4),
)


@pytest.fixture(scope="module")
def agree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Compares what we say about an `ssl_ecdh_curve` with `nginx -t`."""
    if shutil.which("openssl") is None:
        unavailable("openssl", "`apt-get install openssl`")
    certificates = Certificates.make(tmp_path_factory.mktemp("pki"), "x")
    here = installed()
    assert here.library is not None
    library = here.library.version

    def compare(text: str) -> None:
        with host(certificates) as prepared:
            line = f'{certificates.lines("x")} ssl_ecdh_curve "{text}";'
            prepared.write(f"server {{ listen 127.0.0.1:{{1}} ssl; {line} }}", {})
            objection = prepared.check() or ""
        said = re.search(r"\[emerg\] (.*?)(?: \(SSL: .*)?$", objection, re.MULTILINE)
        found = curves(text, library, here.nginx.version, "debian")
        if found.accepted is None:
            assert library.is_openssl_since("3.3"), "of the library of Debian 12 all is known"
        else:
            assert found == Curves(said is None, None if said is None else said[1])

    return compare


@pytest.mark.nginx
class TestAgainstNginx:
    @pytest.mark.parametrize("text", NAMES)
    def test_every_name(self, text: str, agree: Callable[[str], None]) -> None:
        agree(text)

    @given(text=LISTS)
    def test_random_lists(self, text: str, agree: Callable[[str], None]) -> None:
        agree(text)
