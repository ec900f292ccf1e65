"""What a tree may lack although the host has it: what a `.gitignore` leaves out, and anything without etckeeper.

The answers of git itself are asked for where git is the authority (gitignore(5), `git check-ignore`).
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from driftscan.history.commit import BlobId, Entry, Kind, PathChange
from driftscan.history.directory import Directory
from driftscan.history.snapshot import TreeIndex, UnreadableBlob
from tests.etc import ENVIRONMENT


def tree(files: Mapping[str, str], *, kept: bool = True) -> TreeIndex:
    """A tree with these files; `kept` by etckeeper unless told otherwise."""
    siblings = ("letsencrypt/live/shop.example/README", "nginx/snippets/other.conf")
    contents = {**dict.fromkeys(siblings, ""), **files, **({".etckeeper": ""} if kept else {})}

    def read(blob: BlobId) -> bytes:
        return contents[blob].encode("utf-8", "surrogateescape")

    index = TreeIndex(read)
    index.apply(PathChange(path, None, Entry(Kind.FILE, BlobId(path))) for path in contents)
    return index


def test_what_etckeeper_keeps_lacks_nothing() -> None:
    assert not tree({}).may_lack("nginx/snippets/tls.conf")


def test_a_directory_that_was_never_there_may_have_been_left_out_unless_something_was_seen_in_it() -> None:
    assert tree({}).may_lack("ssl/private/host.key")
    assert not tree({}).may_lack("ssl/private/host.key", had=True)
    assert not tree({"ssl/private": ""}).may_lack("ssl/private/host.key")


def test_another_history_may_lack_anything() -> None:
    assert tree({"nginx/nginx.conf": ""}, kept=False).may_lack("nginx/snippets/tls.conf")


def test_a_directory_on_disk_lacks_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*\n")
    assert not Directory.open(tmp_path).may_lack("nginx/snippets/tls.conf")


LETSENCRYPT = "letsencrypt/live/shop.example/privkey.pem"
RULES: list[tuple[dict[str, str], str, bool]] = [
    ({"": "letsencrypt/"}, LETSENCRYPT, True),
    ({"": "/letsencrypt"}, LETSENCRYPT, True),
    ({"": "*.pem"}, LETSENCRYPT, True),
    ({"": "*.key"}, LETSENCRYPT, False),
    ({"": "live/"}, LETSENCRYPT, True),
    ({"": "/live/"}, LETSENCRYPT, False),
    ({"": "privkey.pem/"}, LETSENCRYPT, False),
    ({"": "letsencrypt/**/privkey.pem"}, LETSENCRYPT, True),
    ({"": "# letsencrypt/\n\n"}, LETSENCRYPT, False),
    ({"": "*.pem\n!privkey.pem"}, LETSENCRYPT, False),
    ({"": "!privkey.pem\n*.pem"}, LETSENCRYPT, True),
    ({"letsencrypt": "live"}, LETSENCRYPT, True),
    ({"letsencrypt": "/live/*/privkey.pem"}, LETSENCRYPT, True),
    ({"letsencrypt": "/letsencrypt/"}, LETSENCRYPT, False),
    ({"nginx": "*.pem"}, LETSENCRYPT, False),
    ({"": "*.pem", "letsencrypt": "!*.pem"}, LETSENCRYPT, False),
    ({"": "!*.pem", "letsencrypt/live": "*.pem"}, LETSENCRYPT, True),
    ({"": "letsencrypt/*\n!letsencrypt/live/", "letsencrypt": "!*.pem"}, LETSENCRYPT, False),
    ({"": "letsencrypt/*\n!letsencrypt/live"}, LETSENCRYPT, False),
    ({"": "live/\n!live/\n"}, LETSENCRYPT, False),
    # git does not look into a directory that it ignores, so nothing below it can be taken back.
    ({"": "letsencrypt/\n!privkey.pem"}, LETSENCRYPT, True),
    ({"": "letsencrypt/", "letsencrypt": "!*.pem"}, LETSENCRYPT, True),
    ({"": "nginx/"}, "nginx", False),
    ({"": "a b\\ "}, "a b ", True),
    ({"": "größe.conf"}, "nginx/größe.conf", True),
]
"""The content of `.gitignore` by directory, a path that is no file of the tree, and whether git leaves it alone."""
every_rule = pytest.mark.parametrize(("ignores", "path", "ignored"), RULES, ids=str)


def _gitignore(directory: str) -> str:
    return f"{directory}/.gitignore".lstrip("/")


@every_rule
def test_a_gitignore_names_what_may_be_missing(ignores: dict[str, str], path: str, *, ignored: bool) -> None:
    found = tree({_gitignore(directory): text for directory, text in ignores.items()})
    assert found.may_lack(path) is ignored


@every_rule
def test_git_says_the_same(tmp_path: Path, ignores: dict[str, str], path: str, *, ignored: bool) -> None:
    def git(*arguments: str) -> int:
        return subprocess.run(["git", *arguments], cwd=tmp_path, env=ENVIRONMENT, check=False).returncode

    assert git("init", "--quiet") == 0
    for directory, text in ignores.items():
        (tmp_path / directory).mkdir(parents=True, exist_ok=True)
        (tmp_path / _gitignore(directory)).write_text(f"{text}\n", "utf-8")
    assert git("check-ignore", "--quiet", "--", path) == (0 if ignored else 1)


def test_a_gitignore_that_cannot_be_read_may_name_anything_below_it() -> None:
    def read(blob: BlobId) -> bytes:
        raise UnreadableBlob(blob)

    index = TreeIndex(read)
    index.apply(
        PathChange(path, None, Entry(Kind.FILE, BlobId(path)))
        for path in (".etckeeper", "letsencrypt/.gitignore", "nginx/x")
    )
    assert index.may_lack(LETSENCRYPT)
    assert not index.may_lack("nginx/nginx.conf")


def test_a_gitignore_that_is_no_text_names_nothing_it_does_not_say() -> None:
    odd = os.fsdecode(b"*.\xff\n[\nletsencrypt/\n")
    assert tree({".gitignore": odd}).may_lack(LETSENCRYPT)
    assert not tree({".gitignore": odd}).may_lack("nginx/nginx.conf")


def test_a_rule_counts_from_the_commit_that_brings_it() -> None:
    contents = {"one": "", "two": "letsencrypt/\n"}
    index = TreeIndex(lambda blob: contents[blob].encode())
    there = (".etckeeper", "letsencrypt/live/shop.example/README")
    index.apply(PathChange(path, None, Entry(Kind.FILE, BlobId("one"))) for path in there)
    assert not index.may_lack(LETSENCRYPT)
    index.apply([PathChange(".gitignore", None, Entry(Kind.FILE, BlobId("two")))])
    assert index.may_lack(LETSENCRYPT)
    index.apply([PathChange(".gitignore", Entry(Kind.FILE, BlobId("two")), Entry(Kind.FILE, BlobId("one")))])
    assert not index.may_lack(LETSENCRYPT)


def test_each_gitignore_is_read_once() -> None:
    read: list[str] = []

    def reading(blob: BlobId) -> bytes:
        read.append(blob)
        return b"*.key\n"

    index = TreeIndex(reading)
    index.apply(
        PathChange(path, None, Entry(Kind.FILE, BlobId(path))) for path in (".etckeeper", ".gitignore", "nginx/x")
    )
    assert [index.may_lack(path) for path in ("a.key", "b.key", "nginx/c.conf")] == [True, True, False]
    assert read == [".gitignore"]
