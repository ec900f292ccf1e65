from driftscan.nginx.edits import Replace
from driftscan.nginx.listen_edits import with_parameters
from tests.nginx.trees import line, only_server


def rewritten(listens: str) -> list[Replace]:
    server = only_server(f"http {{ server {{\n{listens}\n}} }}", nginx="1.26.3")
    return list(with_parameters(server.listens, lambda word: word != "http2", "ssl"))


def test_words_are_kept_dropped_and_added_in_their_order() -> None:
    assert rewritten("listen 443 http2 backlog=5;") == [Replace(line(2), "listen", "listen 443 backlog=5 ssl;")]
    assert rewritten("listen [::]:443 ssl;") == [Replace(line(2), "listen", "listen [::]:443 ssl;")]


def test_a_line_with_several_ports_is_one_line() -> None:
    assert rewritten("listen 8443-8445;") == [Replace(line(2), "listen", "listen 8443-8445 ssl;")]


def test_a_server_without_a_line_and_words_that_need_quoting_are_left_alone() -> None:
    assert rewritten("") == []
    assert rewritten('listen "unix:/run/a b.sock";') == []
