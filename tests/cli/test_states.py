import json
from pathlib import Path

from tests.cli.conftest import DEFAULT, SHOP, Incident, Run


def test_effective_answers_for_a_name_that_no_server_has(incident: Incident, run: Run) -> None:
    ran = run("effective", "-C", incident.path, "--sni", "nobody.example", "--port", "443", "--format", "json")
    (endpoint,) = json.loads(ran.out)["endpoints"]
    assert (ran.code, endpoint["name"], endpoint["socket"]) == (0, "nobody.example", "0.0.0.0:443")
    assert endpoint["settings"]["ssl_certificate"]["value"] == ["/etc/nginx/ssl/default.crt"]


def test_effective_names_who_decides_and_where_it_is_written(incident: Incident, run: Run) -> None:
    ran = run("effective", "-C", incident.path, incident.broken, "--sni", "shop.example", "--format", "json")
    (endpoint,) = json.loads(ran.out)["endpoints"]
    tickets = endpoint["settings"]["ssl_session_tickets"]
    assert (tickets["value"], tickets["origin"]) == ("off (default server: on)", "explicit")
    assert tickets["at"] == {"path": "nginx/snippets/tls.conf", "line": 2}
    assert tickets["decided_by"].startswith("default server and SNI server")


def test_effective_of_another_port_has_no_endpoints(incident: Incident, run: Run) -> None:
    ran = run("effective", "-C", incident.path, "--port", "8443", "--format", "json")
    assert json.loads(ran.out)["endpoints"] == []


def test_effective_reads_the_state_of_a_date(incident: Incident, run: Run) -> None:
    ran = run("effective", "-C", incident.path, "@{2026-01-02}", "--sni", "shop.example", "--format", "json")
    (endpoint,) = json.loads(ran.out)["endpoints"]
    assert endpoint["settings"]["ssl_session_tickets"]["value"] == "on"


def test_effective_reads_a_copy_of_etc(incident: Incident, run: Run) -> None:
    incident.etc.checkout()
    ran = run("effective", incident.path, "--sni", "shop.example", "--format", "json")
    (endpoint,) = json.loads(ran.out)["endpoints"]
    assert endpoint["server"]["at"] == {"path": "nginx/sites-available/shop", "line": 1}


def test_effective_reads_a_prefix_that_names_its_files_by_where_they_are(tmp_path: Path, run: Run) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "a.conf").write_text(SHOP.replace("    include snippets/tls.conf;\n", ""))
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{ include {tmp_path}/sites/*; }}\n")
    ran = run("effective", str(tmp_path), "--conf", "nginx.conf", "--nginx-version", "1.18.0", "--format", "json")
    document = json.loads(ran.out)
    assert document["platform"]["nginx"]["version"] == "1.18.0"
    assert [endpoint["name"] for endpoint in document["endpoints"]] == ["", "shop.example"]
    certificate = document["endpoints"][1]["settings"]["ssl_certificate"]
    assert certificate["value"] == [f"{tmp_path}/ssl/shop.crt"]
    assert document["gaps"] == []


def test_a_directory_without_nginx_says_how_to_name_its_main_file(tmp_path: Path, run: Run) -> None:
    ran = run("effective", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert "--conf" in ran.err


def test_show_tells_of_one_commit(incident: Incident, run: Run) -> None:
    ran = run("show", "-C", incident.path, incident.broken)
    assert ran.code == 0
    assert ran.err == f"range: commit {incident.broken[:12]} ({incident.broken})\n"
    assert ran.out.count(incident.broken[:8]) >= 1
    assert "session-tickets-mismatch" in ran.out


def test_show_of_a_commit_without_tls_says_that_nothing_changed(incident: Incident, run: Run) -> None:
    ran = run("show", "-C", incident.path, incident.unrelated, "--format", "json")
    assert (ran.code, json.loads(ran.out)["steps"]) == (0, [])


def test_diff_of_two_revisions_skips_what_lies_between(incident: Incident, run: Run) -> None:
    ran = run("diff", "-C", incident.path, incident.installed, incident.last, "--format", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["findings"]) == (0, [])
    in_force = {change["directive"] for change in document["changes"] if change["scope"] == "in-force"}
    assert in_force == {"ssl_session_tickets", "ssl_session_cache"}


def test_diff_against_a_directory(incident: Incident, run: Run) -> None:
    incident.etc.checkout()
    (incident.etc.path / "nginx/sites-available/default").write_text(DEFAULT)
    ran = run("diff", "-C", incident.path, "HEAD", incident.path, "--openssl-version", "1.0.2k", "--exit-code")
    assert ran.code == 1
    assert "session-tickets-mismatch" in ran.out


def test_diff_of_equal_states_says_so(incident: Incident, run: Run) -> None:
    ran = run("diff", "-C", incident.path, "HEAD~1", "HEAD")
    assert (ran.code, ran.out.splitlines()[1]) == (0, "Nothing changes for any client.")


def test_a_directory_is_judged_on_the_versions_that_the_history_knows(incident: Incident, run: Run) -> None:
    incident.etc.checkout()
    shop = incident.etc.path / "nginx/sites-available/shop"
    shop.write_text(SHOP.replace("include", "ssl_protocols TLSv1;\n    include"))
    ran = run("diff", "-C", incident.path, "HEAD", incident.path, "--format", "json")
    document = json.loads(ran.out)
    assert document["after"]["platform"]["nginx"]["version"] == "1.10.3"
    # A directory is all there is, and this one holds no certificates.
    patterns = [finding["pattern"] for finding in document["findings"]]
    assert patterns == ["nginx-refuses-configuration", "protocols-ignored-outside-default-server"]
    assert document["findings"][0]["because"] == (
        'nginx will not load this configuration: [emerg] BIO_new_file("/etc/nginx/ssl/default.crt") failed; '
        "ssl_certificate in nginx/sites-available/default:4 names /etc/nginx/ssl/default.crt, which is not there."
    )


def test_the_range_of_a_state_goes_to_stderr(incident: Incident, run: Run) -> None:
    ran = run("effective", "-C", incident.path, "@{2026-01-02}")
    assert ran.err == f"range: {incident.unrelated[:12]} (@{{2026-01-02}})\n"
    assert run("diff", "-q", "-C", incident.path, "HEAD~1").err == ""


def test_an_address_is_a_name_and_no_glob(tmp_path: Path, run: Run) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx/nginx.conf").write_text("http { server { listen [::]:443 ssl; server_name a.example; } }")
    ran = run("effective", str(tmp_path), "--server", "[::]:443", "--format", "json")
    assert [endpoint["name"] for endpoint in json.loads(ran.out)["endpoints"]] == ["", "a.example"]


def test_http2_of_a_listen_is_in_force_by_its_line(tmp_path: Path, run: Run) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx/nginx.conf").write_text("http {\nserver {\nlisten 443 ssl http2;\n} }")
    ran = run("effective", str(tmp_path), "--nginx-version", "1.22.1", "--format", "json")
    (endpoint,) = json.loads(ran.out)["endpoints"]
    http2 = endpoint["settings"]["http2"]
    assert (http2["value"], http2["origin"], http2["decided_by"]) == ("on", "explicit", "socket")
    assert http2["at"] == {"path": "nginx/nginx.conf", "line": 3}


def test_a_directory_whose_main_file_cannot_be_read_has_one_all_the_same(tmp_path: Path, run: Run) -> None:
    (tmp_path / "nginx").mkdir()
    missing = run("check", str(tmp_path))
    assert (missing.code, "found no nginx/nginx.conf there" in missing.err) == (2, True)
    (tmp_path / "nginx/nginx.conf").write_text("http {\n")
    broken = run("check", str(tmp_path))
    assert broken.code == 1
    assert "nginx-refuses-configuration" in broken.out
