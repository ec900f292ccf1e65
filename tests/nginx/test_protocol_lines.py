from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.protocol_lines import AddedUp, ProtocolLine, added_up
from tests.nginx.trees import line, resolved

OLD, NEW = frozenset({Protocol.TLS10, Protocol.TLS12}), frozenset({Protocol.TLS12, Protocol.TLS13})


def found(text: str) -> list[AddedUp]:
    return list(added_up(resolved({"nginx/nginx.conf": text})))


def test_different_lines_of_a_server_add_up() -> None:
    (block,) = found("http { server {\nssl_protocols TLSv1 TLSv1.2;\nssl_protocols TLSv1.2 TLSv1.3;\n} }")
    assert block.server is not None
    assert block.lines == (ProtocolLine(line(2), OLD), ProtocolLine(line(3), NEW))
    assert block.union == OLD | NEW


def test_lines_around_the_servers_add_up_by_themselves() -> None:
    (block,) = found("stream {\nssl_protocols TLSv1 TLSv1.2;\nssl_protocols TLSv1.2 TLSv1.3;\n}")
    assert (block.family, block.server) == (Family.STREAM, None)


def test_equal_lines_and_lines_of_two_levels_do_not() -> None:
    assert found("http { server { ssl_protocols TLSv1.2 TLSv1.3; ssl_protocols tlsv1.3 TLSv1.2; } }") == []
    assert found("http { ssl_protocols TLSv1.2; server { ssl_protocols TLSv1.3; } }") == []


def test_what_nginx_refuses_is_not_looked_at() -> None:
    assert found("http { ssl_protocols TLSv1.2; ssl_protocols TLSv9; }") == []
