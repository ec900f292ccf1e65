from datetime import UTC, datetime

import pytest

from driftscan.history.commit import Commit, CommitId, Identity
from driftscan.history.etckeeper import MadeBy, Origin, origin, subject
from driftscan.history.redact import redact

ROOT = Identity("root", "root@vm.example")
ALICE = Identity("Alice Admin", "alice@example.org")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def commit(message: str, author: Identity = ROOT, committer: Identity = ROOT) -> Commit:
    return Commit(CommitId("1" * 40), (), author, committer, NOW, NOW, message)


PACKAGES, BEFORE = MadeBy.PACKAGE_MANAGER, MadeBy.BEFORE_PACKAGE_RUN
MESSAGES = [
    ("daily autocommit", MadeBy.DAILY, None),
    ("saving uncommitted changes in /etc prior to apt run\n", BEFORE, None),
    ("saving uncommitted changes in /etc prior to pacman-g2 run", BEFORE, None),
    ("saving uncommitted changes prior to apt run", BEFORE, None),
    ("committing changes after apt run", PACKAGES, "apt"),
    ("committing changes in /etc after apt run\n\nPackage changes:\n+nginx 1.18.0 amd64", PACKAGES, "apt"),
    ("committing changes in /etc after apk run", PACKAGES, "apk"),
    ("committing changes in /etc after yum run", PACKAGES, "yum"),
    ('committing changes in /etc made by "apt install nginx"\n\nPackage changes:\n', PACKAGES, "apt install nginx"),
    (
        'committing changes in /etc made by "/usr/bin/python3 /usr/bin/unattended-upgrade"',
        PACKAGES,
        "/usr/bin/python3 /usr/bin/unattended-upgrade",
    ),
    ('committing changes in /etc made by "/usr/bin/python3 dnf up"', PACKAGES, "/usr/bin/python3 dnf up"),
    ('committing changes in /etc made by "bash -c "apt install x" -y"', PACKAGES, 'bash -c "apt install x" -y'),
    ('committing changes in /etc made by "apt-get -o a=b\ninstall x"', PACKAGES, "apt-get -o a=b install x"),
    ('committing changes in /etc made by "sh -c a\n\nb"', PACKAGES, "sh -c a"),
    ('committing changes in /etc made by "-bash"', PACKAGES, "-bash"),
    ('committing changes in /etc made by ""', PACKAGES, None),
    ("saving uncommitted changes in /etc prior to  run", BEFORE, None),  # HIGHLEVEL_PACKAGE_MANAGER=""
    ("committing changes in /etc after  run", PACKAGES, None),
    ("saving uncommitted changes in /usr/local/etc prior to pkgng run", BEFORE, None),  # FreeBSD
    ("committing changes in /usr/local/etc after pkgng run", PACKAGES, "pkgng"),
    ('committing changes in /usr/local/etc made by "pkg upgrade"', PACKAGES, "pkg upgrade"),
    ("saving uncommitted changes in /etc prior to ansible play", BEFORE, None),
    ("saving uncommitted changes in /etc prior to ansible task run", BEFORE, None),
    ("saving uncommitted changes in /etc prior to the run of my script", MadeBy.PERSON, None),
    ("committing changes in /etc after a long run", MadeBy.PERSON, None),
    ("committing changes in /etc after ansible task run", MadeBy.PERSON, None),
    ("Initial commit", MadeBy.INITIAL, None),
    ("Initial commit of /etc", MadeBy.INITIAL, None),
    ("first import", MadeBy.INITIAL, None),
    ("Initial commit of the new shop", MadeBy.PERSON, None),
    ("initial checkin", MadeBy.INITIAL, None),
    ("turn off session tickets", MadeBy.PERSON, None),
    ("daily autocommit is noisy, disable it", MadeBy.PERSON, None),
    ("revert committing changes in /etc after apt run", MadeBy.PERSON, None),
    ("", MadeBy.PERSON, None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "made_by", "command"), MESSAGES)
def test_a_message_tells_what_made_the_commit(message: str, made_by: MadeBy, command: str | None) -> None:
    assert origin(commit(message)) == Origin(made_by, command, None)


def test_the_values_are_those_of_the_published_format() -> None:
    assert [made_by.value for made_by in MadeBy] == [
        "package-manager",
        "daily",
        "before-package-run",
        "initial",
        "person",
    ]


PERSON = "Alice Admin <alice@example.org>"
PEOPLE = [
    ("committing changes in /etc after apt run", ALICE, ROOT, PERSON),
    ("saving uncommitted changes in /etc prior to apt run", ALICE, ROOT, PERSON),
    ("committing changes in /etc after apt run", ROOT, ALICE, PERSON),  # etckeeper 0.27-0.46
    ("committing changes in /etc after apt run", ALICE, ALICE, None),  # how root has called itself
    ("daily autocommit", ALICE, ALICE, None),
    ("allow TLS 1.3", ALICE, ALICE, PERSON),
    ("allow TLS 1.3", ALICE, ROOT, PERSON),
    ("allow TLS 1.3", ROOT, ROOT, None),
    ("allow TLS 1.3", Identity("Operations", "root@vm.example"), ROOT, None),
]


@pytest.mark.parametrize(("message", "author", "committer", "person"), PEOPLE)
def test_sudo_leaves_the_name_of_who_called_it(
    message: str, author: Identity, committer: Identity, person: str | None
) -> None:
    assert origin(commit(message, author, committer)).person == person


SECRETS = [
    ("mysql --password=hunter2 -e x", "mysql --password=*** -e x"),
    ("tool --password hunter2 run", "tool --password *** run"),
    ("tool --password='two words' run", "tool --password=*** run"),
    ("tool --db-password=hunter2 --no-color", "tool --db-password=*** --no-color"),
    ("gh --token abc install", "gh --token *** install"),
    ("tool --api-key=abc", "tool --api-key=***"),
    ("mysqldump -phunter2 etc", "mysqldump -p *** etc"),
    ("mysqldump -p hunter2 etc", "mysqldump -p *** etc"),
    ("curl -u alice:hunter2 https://a.example/x", "curl -u alice:*** https://a.example/x"),
    ("pip install git+https://alice:hunter2@git.example/x", "pip install git+https://***@git.example/x"),
    ("git clone https://ghtoken@git.example/x", "git clone https://***@git.example/x"),
    ("env DB_PASSWORD=hunter2 apt install x", "env DB_PASSWORD=*** apt install x"),
    ("AWS_SECRET_ACCESS_KEY=abc/def+x apt install x", "AWS_SECRET_ACCESS_KEY=*** apt install x"),
    ("LICENSE_KEY=1234 apt install x", "LICENSE_KEY=*** apt install x"),
    ("apt -o Acquire::http::Password=hunter2 update", "apt -o Acquire::http::Password=*** update"),
    ("curl -H Authorization: Bearer abcdefgh12 x", "curl -H Authorization: Bearer *** x"),
    ("setup eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_DEF-1", "setup ***"),
    ("setup 0123456789abcdef0123456789abcdef", "setup ***"),
    ("setup AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/==", "setup ***"),
]


@pytest.mark.parametrize(("command", "shown"), SECRETS)
def test_secrets_of_a_command_line_are_not_shown(command: str, shown: str) -> None:
    message = f'committing changes in /etc made by "{command}"'
    assert redact(command) == shown
    assert origin(commit(message)).command == shown
    assert subject(commit(message)) == f'committing changes in /etc made by "{shown}"'


HARMLESS = [
    "/usr/bin/python3 /usr/bin/unattended-upgrade --debug",
    "apt-get -y -o Dpkg::Options::=--force-confold install nginx=1.18.0-6ubuntu14.4 libnginx-mod-http-image-filter",
    "apt install golang-github-prometheus-client-golang-dev linux-headers-5.10.0-28-common-rt",
    "certbot --nginx --authenticator webroot --key-type ecdsa -d shop.example",
    "apt-key adv --keyserver hkp://keyserver.ubuntu.com",
    "dpkg -i /root/Downloads/Nginx-Module-With-A-Very-Long-Name-1.2.3/pool/main/n/nginx_1.18.0_amd64.deb",
    "passwd alice",
]


@pytest.mark.parametrize("command", HARMLESS)
def test_an_ordinary_command_line_is_shown_as_it_was(command: str) -> None:
    assert redact(command) == command


def test_what_a_person_wrote_is_shown_as_it_is() -> None:
    written = "Revert 0123456789abcdef0123456789abcdef01234567"
    assert subject(commit(written)) == written
