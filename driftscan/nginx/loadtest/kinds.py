"""What kind of refusal a predicted message is: nginx's words, by what they are about.

Only messages that the prediction itself wrote are read here, never configuration. The words for files come from the
tables by which it writes them.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from driftscan.nginx.loadtest.library import FileKind


class Kind(StrEnum):
    """Why nginx refuses a configuration, as far as the cure is another one."""

    OTHER = "other"
    DUPLICATE = "a directive twice in one block"
    UNKNOWN_DIRECTIVE = "a directive that this release does not have"
    UNKNOWN_VALUE = "a value that this release does not have"
    UNKNOWN_PARAMETER = "a parameter of listen that this release does not have"
    FILE = "a file that cannot be opened"
    CERTIFICATE_REFUSED = "a certificate that the library does not take"
    DEFAULT_SERVER = "two default servers of one socket"
    LISTEN_OPTIONS = "options of a socket set twice"
    LISTEN = "an address twice in one server"
    NO_CERTIFICATE = "TLS without a certificate"
    QUIC = "QUIC without TLS 1.3"
    GROUPS = "a curve or group that the library does not know"
    GROUPS_COMMAND = "the same in ssl_conf_command"
    STATEMENT = "a statement that has no end, or ends where it should not"
    HOST = "a host name that has no address"


_WORDS: Final[tuple[tuple[Kind, str], ...]] = (
    (Kind.DUPLICATE, '"{directive}" directive is duplicate'),
    (Kind.UNKNOWN_DIRECTIVE, 'unknown directive "{word}"'),
    (Kind.UNKNOWN_VALUE, 'invalid value "{word}"'),
    (Kind.UNKNOWN_PARAMETER, 'invalid parameter "{word}"'),
    (Kind.UNKNOWN_PARAMETER, 'the invalid "{word}" parameter'),
    (Kind.DEFAULT_SERVER, "a duplicate default server for {address}"),
    (Kind.LISTEN_OPTIONS, "duplicate listen options for {address}"),
    (Kind.LISTEN, "a duplicate listen {address}"),
    (Kind.NO_CERTIFICATE, 'no "ssl_certificate" is defined for the "listen ... ssl" directive'),
    (Kind.NO_CERTIFICATE, 'no "ssl_certificate" is defined for the "listen ... quic" directive'),
    (Kind.QUIC, '"ssl_protocols" must enable TLSv1.3 for the "listen ... quic" directive'),
    (Kind.GROUPS, 'SSL_CTX_set1_curves_list("{groups}") failed'),
    (Kind.GROUPS, 'Unable to create curve "{groups}"'),
    (Kind.GROUPS, 'EC_KEY_new_by_curve_name("{groups}") failed'),
    (Kind.GROUPS, 'Unknown curve name "{groups}"'),
    (Kind.GROUPS, 'OBJ_sn2nid("{groups}") failed: unknown curve'),
    (Kind.GROUPS_COMMAND, 'SSL_CONF_cmd("Groups", "{groups}") failed'),
    (Kind.GROUPS_COMMAND, 'SSL_CONF_cmd("Curves", "{groups}") failed'),
    (Kind.CERTIFICATE_REFUSED, 'SSL_CTX_use_certificate("{path}") failed'),
    (Kind.STATEMENT, 'invalid number of arguments in "{directive}" directive'),
    (Kind.STATEMENT, 'directive "{directive}" is not terminated by ";"'),
    (Kind.STATEMENT, 'directive "{directive}" has no opening "{{"'),
    (Kind.HOST, 'host not found in upstream "{host}"'),
    (Kind.HOST, 'host not found in "{host}" of the "listen" directive'),
    (Kind.FILE, 'open() "{path}" failed (2: No such file or directory)'),
)


def _of_files() -> Iterator[tuple[Kind, str]]:
    """The words for each kind of file that is missing, of every release."""
    for kind in FileKind:
        for since in kind.value[0]:
            yield Kind.FILE, since.value.replace("{}", "{path}")


def _compiled(words: str) -> re.Pattern[str]:
    """The words with a group for each name in braces."""
    texts = re.split(r"(?<!\{)\{(\w+)\}", words)
    parts = (
        f"(?P<{text}>.*)" if number % 2 else re.escape(text.replace("{{", "{")) for number, text in enumerate(texts)
    )
    return re.compile("".join(parts), re.DOTALL)


_TABLE: Final = tuple((kind, _compiled(words)) for kind, words in (*_WORDS, *dict.fromkeys(_of_files())))


def kind_of(message: str) -> tuple[Kind, Mapping[str, str]]:
    """What kind of refusal a message of the prediction tells, with the names that it mentions."""
    for kind, words in _TABLE:
        if (found := words.fullmatch(message)) is not None:
            return kind, found.groupdict()
    return Kind.OTHER, {}
