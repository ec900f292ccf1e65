from pathlib import Path

import pytest

from driftscan.errors import RepositoryError
from driftscan.hook.run import run
from tests.etc import EtcHistory, Link
from tests.hook.conftest import Etc

PACKAGES = (
    "committing changes in /etc after apt run\n\nPackage changes:\n+nginx 1.10.3-1 all\n+libssl1.0.0 1.0.2g-1 amd64\n"
)
DEFAULT = "server { listen 443 ssl default_server; server_name _; ssl_certificate c; ssl_certificate_key k; }"


def site(name: str, *settings: str) -> str:
    lines = " ".join(settings)
    return f"server {{ listen 443 ssl; server_name {name}; {lines} ssl_certificate c; ssl_certificate_key k; }}"


def history(path: Path, *names: str, message: str = PACKAGES) -> EtcHistory:
    etc = EtcHistory(path)
    etc.commit(
        {
            "nginx/nginx.conf": "events {} http { include sites-enabled/*; }",
            "nginx/sites-enabled/000": DEFAULT,
            **{f"nginx/sites-enabled/{name}": site(name) for name in names},
        },
        message,
    )
    return etc


def test_a_breakage_is_told_and_its_end_is_no_news(etc: Etc) -> None:
    assert run(etc.path, etc.broken_by) == (
        "driftscan: CRITICAL session-tickets-mismatch: blog.example:443 has session tickets off, but the default "
        "server of its socket, _:443, has them on: with OpenSSL 1.0.2g, browsers cannot connect.\n"
        "driftscan:     see letsencrypt/options-ssl-nginx.conf:6, nginx/sites-available/000-default-https:3\n"
        "driftscan:     the same goes for shop.example:443\n"
        f"driftscan: `driftscan show -C {etc.path} {etc.broken_by[:12]}` tells more\n"
    )
    mended_by = etc.git("rev-list", "--reverse", f"{etc.broken_by}..ORIG_HEAD").stdout.split()[0]
    assert run(etc.path, mended_by) == ""


def test_a_change_that_breaks_nothing_is_no_news(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example")
    etc.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_session_timeout 1h;")})
    assert run(etc.path) == ""


def test_what_was_wrong_before_is_no_news(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example")
    etc.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_session_tickets off;")})
    etc.commit({"nginx/sites-enabled/b.example": site("b.example")})
    assert run(etc.path) == ""


def test_the_first_commit_is_no_news(tmp_path: Path) -> None:
    assert run(history(tmp_path / "etc").path) == ""


def test_of_many_servers_a_few_are_named(tmp_path: Path) -> None:
    names = [f"{letter}.example" for letter in "abcdefghij"]
    etc = history(tmp_path / "etc", *names)
    etc.commit({f"nginx/sites-enabled/{name}": site(name, "ssl_session_tickets off;") for name in names})
    assert run(etc.path).splitlines()[2] == (
        "driftscan:     the same goes for "
        "b.example:443, c.example:443, d.example:443, e.example:443, f.example:443 and 4 more"
    )


def test_nothing_of_a_repository_acts_on_the_terminal(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example")
    name = "evil\x1b[2J\u202e\r.conf"
    etc.commit(
        {
            "nginx/sites-enabled/z": Link(f"../{name}"),
            f"nginx/{name}": site("'\x1b]0;x\x07'", "ssl_session_tickets off;"),
        }
    )
    told = run(etc.path)
    assert r"evil\x1b[2J\u202e\r.conf:1" in told
    assert r"\x1b]0;x\x07:443 has session tickets off" in told
    assert all(line.isprintable() for line in told.splitlines())


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="is not a git repository"):
        run(tmp_path)


def test_the_release_of_the_host_is_known_from_the_tree_before(tmp_path: Path) -> None:
    """Commits that touch only apt/ end in the hook's shell lines; the next one that does not must still know them."""
    etc = history(tmp_path / "etc", "a.example", message="daily autocommit")
    etc.commit({"debian_version": "12.5\n"})
    etc.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_protocols TLSv1.3;")})
    assert "but nginx 1.22.1 takes the protocols" in run(etc.path)
    etc.commit({"apt/sources.list.d/nginx.list": "deb https://nginx.org/packages/debian bookworm nginx\n"})
    etc.commit({"nginx/sites-enabled/b.example": site("b.example", "ssl_protocols TLSv1.3;")})
    assert "b.example:443 is configured for TLSv1.3, but nginx" in run(etc.path)
    assert "1.22.1" not in run(etc.path)


def test_what_a_finding_depends_on_is_told_with_it(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example", message="initial checkin")
    etc.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_session_tickets off;")})
    assert run(etc.path).splitlines()[1] == (
        "driftscan:     this holds only if the TLS library is OpenSSL before 1.0.2l or LibreSSL, "
        "which the history does not say: `nginx -V` tells"
    )
