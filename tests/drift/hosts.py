"""States of trees in memory with everything of the host in them, and a lineage of certbot's to put into such a tree."""

from collections.abc import Mapping

from driftscan.drift.compare import Transition, compare
from driftscan.drift.state import State, build_state
from driftscan.host.read import read_host
from driftscan.nginx.treeglob import TreeView
from tests.certificates import expand
from tests.etc import Link
from tests.nginx.trees import Files, platform, resolved, tree

NAME = "shop.example"
SITE = """\
server { listen 80; server_name shop.example; root /var/www/html; }
server {
    listen 443 ssl; server_name shop.example;
    ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    root /var/www/html;
}
"""


def renewal(*params: str, top: str = "", webroots: Mapping[str, str] | None = None) -> str:
    """A renewal file with these parameters."""
    roots = [f"{name} = {path}" for name, path in (webroots or {}).items()]
    return "\n".join([top, "[renewalparams]", *params, "[[webroot_map]]", *roots, ""])


def lineage(number: int = 1, words: str = "") -> Files:
    """The links and files of the lineage, and its renewal file with certbot's nginx plugin."""
    kinds = ("cert", "chain", "fullchain", "privkey")
    certificate = expand(f"@certificate names: shop.example; issuer: R11{words}\n")
    return {
        f"letsencrypt/renewal/{NAME}.conf": renewal("authenticator = nginx", "installer = nginx"),
        **{f"letsencrypt/live/{NAME}/{kind}.pem": Link(f"../../archive/{NAME}/{kind}{number}.pem") for kind in kinds},
        **{
            f"letsencrypt/archive/{NAME}/{kind}{number}.pem": "a key" if kind == "privkey" else certificate
            for kind in kinds
        },
    }


def host(site: str = SITE, files: Files | None = None, around: str = "") -> State:
    """What nginx and certbot make of a site and a lineage; `files` come on top, or replace some."""
    whole: Files = {
        "nginx/nginx.conf": f"events {{}}\nhttp {{\n{around}\n{site}\n}}\n",
        **lineage(),
        **(files or {}),
    }
    found = tree(whole)
    return build_state(resolved(whole), platform(), host=read_host(TreeView(found, "/etc"), found.read, {}))


def step(before: State, after: State) -> Transition:
    """From one to the other."""
    return compare(before, after)
