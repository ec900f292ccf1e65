"""What keeps certbot from renewing, what changed in how it does, and when a finding about that is over."""

import pytest

from driftscan.drift.findings import Hit
from driftscan.drift.state import State
from driftscan.evidence.renewals import Obstacle, altered, obstacles, port_80
from driftscan.nginx.config import Location
from driftscan.patterns import certbot_lines_removed, certificate_waits_for_reload, renewal_changed
from tests.drift.hosts import NAME, SITE, host, lineage, renewal, step

FILE = f"letsencrypt/renewal/{NAME}.conf"
TLS_ONLY = SITE.split("\n", 1)[1]


def with_renewal(*params: str, site: str = SITE, number: int = 1) -> State:
    return host(site, {**lineage(number), FILE: renewal(*params)})


@pytest.mark.parametrize(
    ("params", "found"),
    [
        (("authenticator = nginx", "installer = nginx"), []),
        (("authenticator = nginx",), []),
        (("authenticator = nginx", "autorenew = False"), [Obstacle.OFF]),
        (("authenticator = nginx", "autorenew = True"), []),
        (("authenticator = manual", "installer = nginx"), [Obstacle.MANUAL]),
        (("authenticator = manual", "manual_auth_hook = /bin/hook", "installer = nginx"), []),
        (("authenticator = standalone", "installer = nginx"), [Obstacle.PORT]),
        (("authenticator = standalone", "installer = nginx", "http01_port = 8080"), []),
        (("authenticator = standalone", "installer = nginx", "pre_hook = stop"), []),
        (("authenticator = webroot",), [Obstacle.NO_RELOAD]),
        (("authenticator = webroot", "installer = None"), [Obstacle.NO_RELOAD]),
        (("authenticator = webroot", "post_hook = reload"), []),
        (("authenticator = manual",), [Obstacle.MANUAL, Obstacle.NO_RELOAD]),
    ],
)
def test_obstacles(params: tuple[str, ...], found: list[Obstacle]) -> None:
    assert list(obstacles(with_renewal(*params), NAME)) == found


def test_a_lineage_without_a_renewal_file_is_not_renewed() -> None:
    assert list(obstacles(host(), "other.example")) == [Obstacle.GONE]


def test_standalone_is_no_matter_where_nginx_leaves_the_port_alone() -> None:
    state = with_renewal("authenticator = standalone", "installer = nginx", site=TLS_ONLY)
    assert (port_80(state), list(obstacles(state, NAME))) == ("", [])


@pytest.mark.parametrize("kind", ["deploy", "post"])
def test_a_script_for_all_certificates_reloads_nginx_too(kind: str) -> None:
    files = {FILE: renewal("authenticator = webroot"), f"letsencrypt/renewal-hooks/{kind}/reload": ""}
    assert list(obstacles(host(files=files), NAME)) == []


def test_what_changed_is_told_with_its_lines() -> None:
    before = with_renewal("authenticator = webroot", "account = 1", "pref_challs = http-01,")
    after = with_renewal("account = 2", "authenticator = webroot")
    found = altered(before.host.lineages[NAME], after.host.lineages[NAME])
    assert found.words == "account is 2 and was 1, pref_challs is not set and was http-01"
    assert found.places == (Location(FILE, 3), Location(FILE, 1))


def test_directories_are_told_by_name() -> None:
    old = {FILE: renewal("authenticator = webroot", "webroot_path = /a,", webroots={NAME: "/a", "gone.example": "/a"})}
    new = {FILE: renewal("authenticator = webroot", "webroot_path = /b,", webroots={NAME: "/b", "new.example": "/b"})}
    found = altered(host(files=old).host.lineages[NAME], host(files=new).host.lineages[NAME])
    assert found.words == f"webroot of {NAME} is /b and was /a"


def test_a_file_that_is_new_changes_nothing() -> None:
    assert altered(None, host().host.lineages[NAME]).words == ""


# ------------------------------------------------------------------ the ends of findings


def brought(before: State, after: State) -> Hit:
    (hit,) = renewal_changed.events(step(before, after))
    return hit


STANDALONE = with_renewal("authenticator = standalone", "installer = nginx")


@pytest.mark.parametrize(
    ("later", "over"),
    [
        (STANDALONE, False),
        (with_renewal("authenticator = standalone", "installer = nginx", number=2), False),
        (with_renewal("authenticator = standalone", "installer = nginx", "pre_hook = stop"), True),
        (with_renewal("authenticator = nginx", "installer = nginx"), True),
        (with_renewal("authenticator = standalone", "installer = nginx", site=TLS_ONLY), True),
        (host("server { listen 80; }"), True),
    ],
)
def test_an_obstacle_is_over_when_it_is_gone_or_nobody_uses_the_certificate(later: State, over: bool) -> None:
    hit = brought(host(), STANDALONE)
    assert hit.variant == Obstacle.PORT
    assert renewal_changed.mended(later, hit) is over


def test_another_way_is_proved_by_a_renewal() -> None:
    before = with_renewal("authenticator = nginx", "account = 1")
    after = with_renewal("authenticator = nginx", "account = 2")
    hit = brought(before, after)
    assert hit.variant == "altered"
    assert not renewal_changed.mended(after, hit)
    assert renewal_changed.mended(with_renewal("authenticator = nginx", "account = 2", number=2), hit)


def test_a_change_that_came_with_a_renewal_is_none() -> None:
    before = with_renewal("authenticator = nginx", "account = 1")
    after = with_renewal("authenticator = nginx", "account = 2", number=2)
    assert list(renewal_changed.events(step(before, after))) == []


REFUSED = SITE.replace("listen 443 ssl;", "ssl_buffer_size 4k; ssl_buffer_size 4k; listen 443 ssl;")


def test_a_certificate_waits_until_the_configuration_loads() -> None:
    (hit,) = certificate_waits_for_reload.events(step(host(REFUSED), host(REFUSED, lineage(2, "; key-id: 2"))))
    assert not certificate_waits_for_reload.mended(host(REFUSED, lineage(2)), hit)
    assert certificate_waits_for_reload.mended(host(), hit)


BARE = "server { listen 80; server_name shop.example; root /var/www/html; }\n"


@pytest.mark.parametrize(
    ("later", "over"),
    [
        (host(BARE), False),
        (host(), True),
        (host("server { listen 80; server_name other.example; }"), True),
    ],
)
def test_lines_of_certbots_are_missed_until_the_name_has_tls(later: State, over: bool) -> None:
    (hit,) = certbot_lines_removed.events(step(host(), host(BARE)))
    assert certbot_lines_removed.mended(later, hit) is over
