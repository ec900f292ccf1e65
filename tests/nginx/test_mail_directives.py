import pytest

from driftscan.nginx.directives import DECLARATIONS
from driftscan.nginx.directives.base import Decider, Family, Repetition, fact
from driftscan.nginx.directives.forms import Form, form
from driftscan.nginx.directives.values import Occurrences, Refusal, show
from tests.nginx.trees import platform

MAIL = DECLARATIONS[Family.MAIL]


def entry(arguments: str, since: str, gone: str | None = None) -> Form:
    return form(arguments, "mail mail-server", since=since, gone=gone, module="ngx_mail_module")


FORMS = {
    "auth_http_pass_client_cert": entry("flag", "1.7.11"),
    "ssl": entry("flag", "0.5.15", "1.25.1"),
    "ssl_certificate": entry("1", "0.5.15"),
    "ssl_certificate_compression": entry("flag", "1.29.1"),
    "ssl_certificate_key": entry("1", "0.5.15"),
    "ssl_ciphers": entry("1", "0.5.15"),
    "ssl_client_certificate": entry("1", "1.7.11"),
    "ssl_conf_command": entry("2", "1.19.4"),
    "ssl_crl": entry("1", "1.7.11"),
    "ssl_dhparam": entry("1", "0.7.2"),
    "ssl_ecdh_curve": entry("1", "1.0.6"),
    "ssl_password_file": entry("1", "1.7.3"),
    "ssl_prefer_server_ciphers": entry("flag", "0.7.63"),
    "ssl_protocols": entry("1+", "0.5.15"),
    "ssl_session_cache": entry("1-2", "0.5.15"),
    "ssl_session_ticket_key": entry("1", "1.5.7"),
    "ssl_session_tickets": entry("flag", "1.5.9"),
    "ssl_session_timeout": entry("1", "0.5.15"),
    "ssl_trusted_certificate": entry("1", "1.7.11"),
    "ssl_verify_client": entry("1", "1.7.11"),
    "ssl_verify_depth": entry("1", "1.7.11"),
    "starttls": entry("1", "0.5.15"),
}


def test_every_directive_of_a_mail_server_stands_where_its_releases_let_it() -> None:
    assert {name: declaration.forms for name, declaration in MAIL.items()} == {
        name: (only,) for name, only in FORMS.items()
    }


DEFAULTS = {
    "auth_http_pass_client_cert": [("1.31.4", "off")],
    "ssl": [("1.25.0", "off")],
    "ssl_certificate": [("1.31.4", "not set")],
    "ssl_ciphers": [
        ("0.8.18", "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP"),
        ("0.8.19", "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM"),
        ("0.8.20", "HIGH:!ADH:!MD5"),
        ("1.0.5", "HIGH:!aNULL:!MD5"),
    ],
    "ssl_dhparam": [("1.10.3", "built-in 1024-bit parameters"), ("1.11.0", "not set")],
    "ssl_ecdh_curve": [("1.10.3", "prime256v1"), ("1.11.0", "auto")],
    "ssl_protocols": [
        ("0.8.18", "SSLv2 SSLv3 TLSv1"),
        ("0.8.19", "SSLv3 TLSv1"),
        ("1.1.13", "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
        ("1.9.1", "TLSv1 TLSv1.1 TLSv1.2"),
        ("1.23.4", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("1.27.3", "TLSv1.2 TLSv1.3"),
    ],
    "ssl_session_cache": [("0.7.0", "off"), ("0.7.1", "none")],
    "ssl_session_tickets": [("1.31.4", "on")],
    "ssl_session_timeout": [("1.31.4", "5m")],
    "ssl_verify_client": [("1.31.4", "off")],
    "ssl_verify_depth": [("1.31.4", "1")],
    "starttls": [("1.31.4", "off")],
}


@pytest.mark.parametrize(
    ("name", "version", "value"), [(name, *row) for name, rows in DEFAULTS.items() for row in rows]
)
def test_a_default_is_that_of_the_release(name: str, version: str, value: str) -> None:
    assert show(fact(MAIL[name].default, platform(version))) == value


LISTS = (Repetition.FATAL, Repetition.APPEND)
REPEATED = {
    "ssl_certificate": LISTS,
    "ssl_certificate_key": LISTS,
    "ssl_session_ticket_key": (Repetition.APPEND, Repetition.APPEND),
    "ssl_conf_command": (Repetition.APPEND, Repetition.APPEND),
    "ssl_protocols": (Repetition.UNION, Repetition.UNION),
    "ssl_session_cache": (Repetition.LAST, Repetition.LAST),
}


@pytest.mark.parametrize("name", MAIL)
def test_what_a_second_occurrence_does(name: str) -> None:
    held = tuple(fact(MAIL[name].repetition, platform(nginx)) for nginx in ("1.10.3", "1.11.0"))
    assert held == REPEATED.get(name, (Repetition.FATAL, Repetition.FATAL))


@pytest.mark.parametrize("name", MAIL)
def test_the_only_server_of_an_address_decides(name: str) -> None:
    assert {since.value for since in MAIL[name].decider} == {Decider.DEFAULT_SERVER}
    assert fact(MAIL[name].decider, platform("0.5.15")) is Decider.DEFAULT_SERVER


def test_starttls_is_one_of_three_words() -> None:
    read = MAIL["starttls"].read
    assert [read(Occurrences(((word,),), "/")) for word in ("off", "ON", "Only")] == ["off", "on", "only"]
    with pytest.raises(Refusal) as refused:
        read(Occurrences((("yes",),), "/"))
    assert refused.value.text("starttls") == 'invalid value "yes"'
