"""A whole tree: where each file is looked for, what is opened, and what the result rests on."""

import hashlib

import pytest

from driftscan.history.certbot import DIGEST, OPTIONS
from driftscan.history.commit import BlobId
from driftscan.host.host import UNSEEN, Host
from driftscan.host.lineages import LiveFile, LiveKind
from driftscan.host.openssl_cnf import SystemDefaults
from driftscan.host.options_file import OptionsFile
from driftscan.host.read import Parsed, read_host
from driftscan.host.resolver import Resolver
from driftscan.host.value import Value
from driftscan.nginx.config import Location
from driftscan.nginx.treeglob import TreeView
from tests.etc import Link
from tests.nginx.trees import Blobs, Files, differences, tree

LIVE = "letsencrypt/live/shop.example"
ARCHIVE = "letsencrypt/archive/shop.example"
KINDS = ("cert", "chain", "fullchain", "privkey")
LINEAGE: Files = {
    "letsencrypt/renewal/shop.example.conf": "version = 2.1.0\n",
    "letsencrypt/live/README": "by certbot",
    f"{LIVE}/README": "by certbot",
    **{f"{LIVE}/{kind}.pem": Link(f"../../archive/shop.example/{kind}3.pem") for kind in KINDS},
    **{f"{ARCHIVE}/{kind}3.pem": kind for kind in KINDS},
}


def host(files: Files, root: str = "/etc") -> Host:
    found = tree(files)
    return read_host(TreeView(found, root), found.read, {})


def test_nothing_is_there() -> None:
    assert host({}) == UNSEEN


def test_a_lineage_has_its_renewal_and_its_links() -> None:
    (lineage,) = host(LINEAGE).lineages.values()
    assert lineage.renewal is not None
    assert lineage.renewal.top == {"version": Value("2.1.0", Location("letsencrypt/renewal/shop.example.conf", 1))}
    assert lineage.live == {
        kind: LiveFile(
            f"{LIVE}/{kind}.pem",
            LiveKind.LINK,
            f"../../archive/shop.example/{kind}3.pem",
            f"{ARCHIVE}/{kind}3.pem",
        )
        for kind in KINDS
    }


def test_neither_certificates_nor_keys_are_opened() -> None:
    blobs, opened = Blobs(), list[bytes]()
    found = tree(LINEAGE, blobs)

    def read(blob: BlobId) -> bytes:
        opened.append(blobs.read(blob))
        return opened[-1]

    read_host(TreeView(found, "/etc"), read, {})
    assert opened == [b"version = 2.1.0\n"]


@pytest.mark.parametrize(
    ("content", "kind", "target", "leads_to"),
    [
        ("a copy", LiveKind.FILE, None, None),
        (Link("/etc/ssl/own.pem"), LiveKind.LINK, "/etc/ssl/own.pem", "ssl/own.pem"),
        (Link("/srv/own.pem"), LiveKind.LINK, "/srv/own.pem", None),
        (Link("cert.pem"), LiveKind.LINK, "cert.pem", None),
    ],
)
def test_what_may_stand_in_live(content: str | Link, kind: LiveKind, target: str, leads_to: str) -> None:
    found = host({f"{LIVE}/cert.pem": content}).lineages["shop.example"]
    assert found.live == {"cert": LiveFile(f"{LIVE}/cert.pem", kind, target, leads_to)}
    assert found.renewal is None


def test_a_link_whose_file_is_ignored_still_says_where_it_leads() -> None:
    live = (
        host({path: content for path, content in LINEAGE.items() if ARCHIVE not in path}).lineages["shop.example"].live
    )
    assert live["privkey"].leads_to == f"{ARCHIVE}/privkey3.pem"


def test_a_reused_key_is_followed_to_the_end() -> None:
    found = host({**LINEAGE, f"{ARCHIVE}/privkey3.pem": Link("privkey1.pem"), f"{ARCHIVE}/privkey1.pem": ""})
    assert found.lineages["shop.example"].live["privkey"].leads_to == f"{ARCHIVE}/privkey1.pem"


def test_a_renewal_file_without_links_is_a_lineage_too() -> None:
    assert host({"letsencrypt/renewal/a.conf": ""}).lineages["a"].live == {}


@pytest.mark.parametrize(
    "name", ["letsencrypt/renewal/a.conf.bak", "letsencrypt/renewal/sub/a.conf", "letsencrypt/a.conf"]
)
def test_what_is_no_renewal_file(name: str) -> None:
    assert host({name: "version = 1.0"}).lineages == {}


def test_a_renewal_file_that_leads_to_a_key_is_not_opened() -> None:
    files: Files = {
        "letsencrypt/renewal/a.conf": Link("../archive/a/privkey1.pem"),
        "letsencrypt/archive/a/privkey1.pem": "k = 1",
    }
    assert host(files).lineages == {}


def test_the_options_file_by_its_id() -> None:
    stock = "# 0.9\nssl_session_cache shared:le_nginx_SSL:1m;\n"
    assert host({OPTIONS: stock}).options_file == OptionsFile(OPTIONS, None, None)
    digest = "4b16fec2bcbcd8a2f3296d886f17f9953ffdcc0af54582452ca1e52f5f776f16"
    assert host({OPTIONS: "", DIGEST: digest}).options_file == OptionsFile(
        OPTIONS, None, "0.15.0 to 0.35.1", edited=True
    )
    assert host({DIGEST: digest}).options_file is None


WAY = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"


@pytest.mark.parametrize("path", ["ssl/openssl.cnf", "pki/tls/openssl.cnf"])
def test_openssl_cnf_where_it_may_be(path: str) -> None:
    found = host({path: WAY + "MinProtocol = TLSv1.2"})
    assert found.openssl == SystemDefaults(path, {"minprotocol": Value("TLSv1.2", Location(path, 7))})


def test_includes_of_openssl_cnf_are_followed_inside_the_tree() -> None:
    files: Files = {
        "ssl/openssl.cnf": WAY + ".include = /etc/ssl/own\n.include = /usr/share/more.cnf\n.include = more.cnf\n",
        "ssl/own/b.cnf": "MinProtocol = TLSv1.2",
        "ssl/own/a.conf": "MinProtocol = TLSv1",
        "ssl/own/README": "MinProtocol = TLSv1.3",
    }
    found = host(files).openssl
    assert found is not None
    assert found.commands == {"minprotocol": Value("TLSv1.2", Location("ssl/own/b.cnf", 1))}
    assert [value.text for value in found.unread] == ["/usr/share/more.cnf", "more.cnf"]


def test_a_policy_and_where_its_back_ends_lead() -> None:
    files: Files = {
        "crypto-policies/config": "LEGACY\n",
        "crypto-policies/back-ends/opensslcnf.config": Link("/usr/share/crypto-policies/LEGACY/opensslcnf.txt"),
        "crypto-policies/back-ends/openssl.config": "written out",
        "crypto-policies/back-ends/nss.config": Link("/usr/share/crypto-policies/LEGACY/nss.txt"),
    }
    found = host(files).crypto_policy
    assert found is not None
    assert found.policy == Value("LEGACY", Location("crypto-policies/config", 1))
    assert found.back_ends == {
        "opensslcnf.config": Value(
            "/usr/share/crypto-policies/LEGACY/opensslcnf.txt",
            Location("crypto-policies/back-ends/opensslcnf.config", 1),
        )
    }


def test_the_small_files() -> None:
    found = host(
        {
            "hosts": "10.0.0.1 app\n",
            "resolv.conf": Link("../run/systemd/resolve/stub-resolv.conf"),
            "ca-certificates.conf": "!mozilla/A.crt\n",
            "etckeeper/etckeeper.conf": 'PUSH_REMOTE="origin"\n',
        }
    )
    assert found.resolver == Resolver({"app": (Value("10.0.0.1", Location("hosts", 1)),)}, ())
    assert found.authorities is not None
    assert found.authorities.deselected == {"mozilla/A.crt": Location("ca-certificates.conf", 1)}
    assert found.push_remote == Value("origin", Location("etckeeper/etckeeper.conf", 1))


def test_another_root_is_another_host_path() -> None:
    live: Files = {f"{LIVE}/cert.pem": Link("/srv/etc/letsencrypt/archive/shop.example/cert1.pem")}
    assert host(live, "/srv/etc").lineages["shop.example"].live["cert"].leads_to == f"{ARCHIVE}/cert1.pem"


def test_each_blob_is_read_once_for_each_place() -> None:
    blobs, known = Blobs(), Parsed()
    found = tree({"hosts": "10.0.0.1 app\n", "resolv.conf": "nameserver 10.0.0.1"}, blobs)
    once = read_host(TreeView(found, "/etc"), blobs.read, known)
    assert read_host(TreeView(found, "/etc"), Blobs().read, known) == once


def test_a_blob_that_the_repository_lacks_says_nothing() -> None:
    found = tree({"hosts": "10.0.0.1 app\n", "ssl/openssl.cnf": WAY, "letsencrypt/renewal/a.conf": "a = b"})
    assert read_host(TreeView(found, "/etc"), Blobs().read, {}) == UNSEEN


@pytest.mark.parametrize(
    "change",
    [
        {f"{LIVE}/cert.pem": Link("../../archive/shop.example/cert4.pem")},
        {"letsencrypt/live/other.example/cert.pem": "x"},
        {"letsencrypt/renewal/shop.example.conf": "version = 3.0.0\n"},
        {"letsencrypt/renewal/other.example.conf": ""},
        {"ssl/openssl.cnf": ""},
        {"etckeeper/etckeeper.conf": ""},
        {OPTIONS: ""},
        {"crypto-policies/back-ends/openssl.config": Link("/x")},
    ],
)
def test_a_change_that_matters_is_in_the_footprint(change: Files) -> None:
    assert host(LINEAGE).footprint.touched_by(differences(LINEAGE, {**LINEAGE, **change}))


@pytest.mark.parametrize(
    "change",
    [
        {f"{ARCHIVE}/cert4.pem": "x"},
        {"letsencrypt/accounts/acme/regr.json": "x"},
        {"ssl/certs/a.pem": "x"},
        {"passwd": "x"},
        {"etckeeper/commit.d/99push": "x"},
    ],
)
def test_a_change_that_does_not_matter_is_not(change: Files) -> None:
    files: Files = {**LINEAGE, "ssl/openssl.cnf": "", "etckeeper/etckeeper.conf": ""}
    assert not host(files).footprint.touched_by(differences(files, {**files, **change}))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/etc/letsencrypt/live/shop.example/fullchain.pem", "shop.example"),
        ("/etc/letsencrypt/live/shop.example/sub/fullchain.pem", None),
        ("/etc/letsencrypt/live/other.example/fullchain.pem", None),
        ("/etc/letsencrypt/archive/shop.example/fullchain3.pem", None),
        ("/etc/letsencrypt/live/shop.example", None),
        ("shop.example/fullchain.pem", None),
    ],
)
def test_the_lineage_of_a_path(path: str, name: str | None) -> None:
    found = host(LINEAGE).lineage_of(path)
    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(
    ("content", "strays"),
    [
        ("../../archive/shop.example/cert4.pem", False),
        ("/etc/letsencrypt/archive/shop.example/cert4.pem", False),
        ("../shop.example/../../archive/shop.example/cert4.pem", False),
        ("../../archive/other.example/cert1.pem", True),
        ("/srv/cert.pem", True),
        ("chain.pem", False),
    ],
)
def test_a_link_that_does_not_lead_into_the_archive_is_a_stray(content: str, strays: bool) -> None:
    found = host({**LINEAGE, f"{LIVE}/cert.pem": Link(content)}).lineages["shop.example"]
    assert [file.path for file in found.strays("/etc")] == [f"{LIVE}/cert.pem"] * strays


def test_a_file_in_the_place_of_a_link_is_a_stray() -> None:
    files: Files = {**LINEAGE, f"{LIVE}/privkey.pem": "copied"}
    assert [file.path for file in host(files).lineages["shop.example"].strays("/etc")] == [f"{LIVE}/privkey.pem"]


def test_the_renewal_file_may_name_another_archive() -> None:
    files: Files = {
        **LINEAGE,
        "letsencrypt/renewal/shop.example.conf": "archive_dir = /srv/archive/\n",
        **{f"{LIVE}/{kind}.pem": Link(f"/srv/archive/{kind}1.pem") for kind in KINDS},
    }
    assert host(files).lineages["shop.example"].strays("/etc") == ()


def test_without_a_renewal_file_nothing_is_a_stray() -> None:
    assert host({f"{LIVE}/cert.pem": "copied"}).lineages["shop.example"].strays("/etc") == ()


EDITED = "ssl_protocols TLSv1.3;\n"


@pytest.mark.parametrize(
    ("digest", "edited"),
    [
        ("4b16fec2bcbcd8a2f3296d886f17f9953ffdcc0af54582452ca1e52f5f776f16", True),
        ("4b16fec2bcbcd8a2f3296d886f17f9953ffdcc0af54582452ca1e52f5f776f16\n", True),
        (hashlib.sha256(EDITED.encode()).hexdigest(), False),
        ("no digest at all", False),
        (None, False),
    ],
)
def test_an_options_file_is_edited_when_certbot_keeps_the_digest_of_another(digest: str | None, edited: bool) -> None:
    files: Files = {OPTIONS: EDITED, **({} if digest is None else {DIGEST: digest})}
    found = host(files).options_file
    assert found is not None
    assert found.edited is edited


def test_the_hooks_by_directory() -> None:
    found = host({"letsencrypt/renewal-hooks/deploy/reload": "", "letsencrypt/renewal-hooks/other": ""})
    assert found.hooks == {"deploy": ("reload",)}
