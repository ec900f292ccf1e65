"""nginx checks an upstream's certificate as it did not before, or has stopped checking it.

Symptom:
    Visitors get 502 Bad Gateway, and the error log has `upstream SSL certificate verify error` (most often 20: unable
    to get local issuer certificate) or `upstream SSL certificate does not match` with a name. When the check is
    switched off nothing is seen at all: whoever can redirect the connection can read and change what is passed on.

Cause:
    `proxy_ssl_verify on;` makes nginx demand a chain that ends in `proxy_ssl_trusted_certificate`, with no more
    authorities than `proxy_ssl_verify_depth` allows (1 unless it says more), and a certificate for the name in
    `proxy_ssl_name`. That name is the host of `proxy_pass` as it is written: the name of the `upstream {}`, or an
    address, which certificates seldom are for.

Before:
    server { listen 80; server_name shop.example; location / { proxy_pass https://10.0.0.5; } }

After:
    server {
        listen 80;
        server_name shop.example;
        location / {
            proxy_pass https://10.0.0.5;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate /srv/authorities.pem;
        }
    }

Remedy:
    Give the check all it needs, in one place: `proxy_ssl_verify on;`, `proxy_ssl_trusted_certificate` with the
    authority that signed the upstream's certificate, `proxy_ssl_verify_depth 2;` or more where there is more than one
    authority between, and `proxy_ssl_name` with the name in that certificate. `openssl s_client -connect HOST:443
    -servername NAME -verify_hostname NAME -CAfile FILE -verify_return_error` makes the same check by hand.

References:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_verify
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_name
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_verify_depth
    https://github.com/nginx/nginx/issues/314
    https://docs.openssl.org/3.0/man3/SSL_CTX_set_verify/
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import upstream_subject
from driftscan.evidence.passing import authorities_in, hosts, name_asked_for, paired, place_of, strangers
from driftscan.host.authority_names import in_store
from driftscan.nginx.backends import declared
from driftscan.nginx.directives.values import show
from driftscan.nginx.upstreams import Upstream
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.UPSTREAM,
    severity=Severity.HIGH,
    messages={
        "on": "{place} checks the certificate of {host} now, and did not before: it must come from an authority in "
        "{authorities} and be for {name}.",
        "unlikely-name": "{place} checks the certificate of {host}, and since this change it must be for {name}, which "
        "is how the address is written and what hardly any certificate is for.",
        "unlikely-authority": "{place} checks the certificate of {host} now, and did not before: it must come from a "
        "public authority in {authorities}, which hosts of an own network seldom have one of.",
        "bundle": "{place} checks the certificate of {host} now, and did not before: it must come from a public "
        "authority in {authorities}, with no more than {depth} between, and be for {name}.",
        "off": "{place} has stopped checking the certificate of {host}: whoever can redirect the connection can read "
        "and change what is passed on.",
        "authorities": "{place} trusts other authorities for {host} than before: {lost} is not among them any more.",
        "file": "{place} takes the authorities for {host} from {authorities} now, and took them from {before}.",
        "name": "{place} demands a certificate for {name} of {host} now, and demanded one for {before}.",
        "depth": "{place} allows {host} fewer authorities between its certificate and a trusted one than before: "
        "{directive} went from {before} to {after}.",
    },
    visitors={
        "unlikely-name": "everybody whose request {place} passes on, unless the certificate of {host} is for {name}",
        "off": "everybody whose request {place} passes on, and who relies on nobody else seeing it",
        "": "everybody whose request {place} passes on, if the certificate of {host} does not pass the check",
    },
    remedies={
        "off": "Write `{directive} on;` again in the block that begins at {block}, with the file of trusted "
        "authorities that it had.",
        "unlikely-authority": "Name a file with the authority that signed the certificate of {host} in "
        "`{trusted_directive}`, in the block that begins at {block}. `openssl s_client -connect {host} -CAfile "
        "{authorities} -verify_return_error` tells whether it would have passed.",
        "unlikely-name": "Write `{name_directive} NAME;` in the block that begins at {block}, with a name that the "
        "certificate of {host} is for: `openssl s_client -connect {host} | openssl x509 -noout -ext subjectAltName` "
        "prints them.",
        "": "Make the same check by hand before you reload: `openssl s_client -connect {host} -servername {name} "
        "-verify_hostname {name} -CAfile {authorities} -verify_return_error`. What it names is what to write in the "
        "block that begins at {block}.",
    },
    symptoms=(
        "502 Bad Gateway",
        "upstream SSL certificate verify error: (20:unable to get local issuer certificate)",
        "upstream SSL certificate verify error: (18:self-signed certificate)",
        "upstream SSL certificate verify error: (18:self signed certificate)",
        "upstream SSL certificate verify error: (19:self-signed certificate in certificate chain)",
        "upstream SSL certificate verify error: (10:certificate has expired)",
        "upstream SSL certificate verify error: (22:certificate chain too long)",
        "upstream SSL certificate verify error: (2:unable to get issuer certificate)",
        "upstream SSL certificate does not match",
        "no proxy_ssl_trusted_certificate for proxy_ssl_verify",
    ),
    affects="nginx 1.7.0 and later",
    also=("upstream-verify-failure",),
)

_USUAL_DEPTH = 2
"""So many authorities between its own certificate and a trusted one is what a public site may have."""
_Found = tuple[str, Severity, str, str]
"""The variant, how bad it is, what is lost, and the role of the directive that changed."""
_MANY = 20
"""A file with more authorities is a bundle of all that somebody trusts, and not made for one upstream."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each place whose check of the upstream changed, for the worst that changed in it."""
    for old, new in paired(transition):
        now = new[declared(new, "verify")]
        if not (new.speaks_tls and now.known and new[declared(new, "trusted_certificate")].known):
            continue
        if now.value and not new[declared(new, "trusted_certificate")].value:
            # nginx refuses that, in words of its own.
            continue
        found = _judged(transition, old, new)
        if found is not None:
            yield _hit(transition, old, new, found)


def _judged(transition: Transition, old: Upstream, new: Upstream) -> _Found | None:
    """The worst that changed."""
    was, now = old[declared(old, "verify")], new[declared(new, "verify")]
    if not old.speaks_tls:
        # Whoever begins to speak TLS has it in mind; a name that cannot be right is told all the same.
        return _unlikely_name(transition.after, new) if now.value else None
    if not was.known:
        return None
    if not now.value:
        return ("off", Severity.HIGH, "", "verify") if was.value else None
    if not was.value:
        return _unlikely_name(transition.after, new) or _began(transition.after, new)
    unlikely = None if _unlikely_name(transition.before, old) else _unlikely_name(transition.after, new)
    return unlikely or max(_narrowed(transition, old, new), key=lambda each: each[1], default=None)


def _unlikely_name(state: State, place: Upstream) -> _Found | None:
    """Nobody wrote a name, so that the address is it: of a group, or a number."""
    by_address = any(host.group or host.is_number for host in hosts(state, place))
    if place[declared(place, "name")].places or name_asked_for(state, place) is None or not by_address:
        return None
    return "unlikely-name", Severity.HIGH, "", "verify"


def _began(state: State, place: Upstream) -> _Found:
    trusted = place[declared(place, "trusted_certificate")].value
    held = authorities_in(state, trusted)
    if not in_store(str(trusted)) and (held is None or len(held) <= _MANY):
        return "on", Severity.MEDIUM, "", "verify"
    found = hosts(state, place)
    if found and len(strangers(state, place)) < len(found):
        return "unlikely-authority", Severity.HIGH, "", "verify"
    deep = (place[declared(place, "verify_depth")].value or 0) >= _USUAL_DEPTH
    return "bundle", Severity.LOW if deep else Severity.MEDIUM, "", "verify"


def _narrowed(transition: Transition, old: Upstream, new: Upstream) -> Iterator[_Found]:
    """What can make a check fail that passed before."""
    role = "trusted_certificate"
    was, now = old[declared(old, role)], new[declared(new, role)]
    if was.known and now.known and was.value and now.value:
        before, after = authorities_in(transition.before, was.value), authorities_in(transition.after, now.value)
        if before is not None and after is not None:
            lost = sorted(name for key, name in before.items() if key not in after)
            if lost:
                yield "authorities", Severity.LOW if len(before) > _MANY else Severity.MEDIUM, lost[0], role
        elif was.value != now.value:
            yield "file", Severity.MEDIUM, "", role
    was, now = old[declared(old, "name")], new[declared(new, "name")]
    if was.known and now.known and was.value != now.value and now.places:
        yield "name", Severity.MEDIUM, "", "name"
    was, now = old[declared(old, "verify_depth")], new[declared(new, "verify_depth")]
    if was.known and now.known and (was.value or 0) > (now.value or 0):
        yield "depth", Severity.MEDIUM, "", "verify_depth"


def _hit(transition: Transition, old: Upstream, place: Upstream, what: _Found) -> Hit:
    variant, severity, lost, role = what
    state = transition.after
    was, now = old[declared(old, role)], place[declared(place, role)]
    found = hosts(state, place)
    return Hit(
        upstream_subject(place, state),
        (*now.places, place.at),
        (
            ("place", str(upstream_subject(place, state))),
            ("host", str(found[0]) if found else place.target),
            ("name", name_asked_for(state, place) or "NAME"),
            ("authorities", show(place[declared(place, "trusted_certificate")].value)),
            ("directive", declared(place, role).name),
            ("name_directive", declared(place, "name").name),
            ("trusted_directive", declared(place, "trusted_certificate").name),
            ("before", show(was.value)),
            ("after", show(now.value)),
            ("lost", lost),
            ("depth", show(place[declared(place, "verify_depth")].value)),
            ("block", str(place.settings_at)),
        ),
        severity,
        frozenset() if variant == "off" else frozenset({Need.UPSTREAM}),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """The place is gone, or what changed is as it was; a check that is off has nothing to fail."""
    place = place_of(state, hit.subject)
    if place is None or not place.speaks_tls:
        return True
    verify = place[declared(place, "verify")]
    if not verify.known:
        return False
    facts = dict(hit.facts)
    match hit.variant:
        case "off":
            return verify.value is True
        case "on" | "bundle" | "unlikely-authority":
            same = show(place[declared(place, "trusted_certificate")].value) == facts["authorities"]
            return verify.value is False or (hit.variant == "unlikely-authority" and not same)
        case "unlikely-name":
            return verify.value is False or _unlikely_name(state, place) is None
        case "authorities":
            held = authorities_in(state, place[declared(place, "trusted_certificate")].value)
            return verify.value is False or (held is not None and facts["lost"] in held.values())
        case variant:
            role = {"file": "trusted_certificate", "name": "name"}.get(variant, "verify_depth")
            return verify.value is False or show(place[declared(place, role)].value) == facts["before"]
