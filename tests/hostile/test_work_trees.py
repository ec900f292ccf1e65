"""Directories that lead elsewhere, wait, or have no end: `check --worktree`, and a directory of its own."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from driftscan.history.commit import Kind
from driftscan.history.directory import Directory
from driftscan.history.snapshot import UnreadableBlob
from tests.etc import EtcHistory
from tests.hostile.conftest import SECRET
from tests.hostile.scanner import assert_sound, driftscan


def test_nothing_outside_is_read_and_nothing_is_waited_for(victim: EtcHistory, secret: Path) -> None:
    nginx = victim.path / "nginx"
    enabled = nginx / "sites-enabled"
    enabled.mkdir()
    (enabled / "absolute").symlink_to(secret)
    (enabled / "relative").symlink_to(f"../../../{secret.name}")
    (enabled / "loop").symlink_to("loop")
    (enabled / "ping").symlink_to("pong")
    (enabled / "pong").symlink_to("ping")
    (enabled / "proc").symlink_to("/proc/self/environ")
    os.mkfifo(enabled / "pipe")
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{short}/s")  # a path of a socket must be short
        shutil.move(f"{short}/s", enabled / "socket")
    if os.geteuid() == 0:
        os.mknod(enabled / "device", 0o020666, os.makedev(1, 5))
    (enabled / os.fsdecode(b"a\n\x1b[31m\xe2\x80\xae\xff")).write_text("server { listen 443 ssl }")
    with (enabled / "sparse").open("wb") as sparse:
        sparse.truncate(5 * 1024**3)
    for folder in ("driftscan", "letsencrypt", "ssl", "apt", "nginx/snippets"):
        (victim.path / folder).symlink_to(secret.parent)
    for name in ("suppressions.toml", "openssl.cnf", "sources.list"):
        (secret.parent / name).write_text(f"{SECRET} [\n")
    (victim.path / "hostname").symlink_to(secret)
    (nginx / "nginx.conf").write_text(
        "events {}\nhttp { include sites-enabled/*; include snippets/secret; ssl_certificate /etc/hostname;\n"
        "ssl_certificate_key sites-enabled/pipe; server { listen 443 ssl; } }\n"
    )
    ran = driftscan("check", "--worktree", "-C", victim.path, patience=30)
    assert_sound(ran, 0, 1)
    assert SECRET not in ran.said
    assert "cannot be read" in ran.out
    assert r"\x1b[31m\u202e\xff" in ran.out
    assert ran.peak < 400


def test_no_directory_on_the_way_is_a_link(tmp_path: Path, secret: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "driftscan").symlink_to(secret.parent)
    directory = Directory.open(etc)
    path = f"driftscan/{secret.name}"
    assert (directory.entry(path), directory.kind(path), directory.size(path)) == (None, None, None)
    assert directory.names("driftscan") is None
    assert directory.kind("driftscan") is Kind.LINK


def test_a_file_that_is_too_large_is_there_and_unreadable(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(5 * 1024**3)
    directory = Directory.open(tmp_path)
    found = directory.entry("sparse")
    assert found is not None
    assert directory.size("sparse") == 5 * 1024**3
    with pytest.raises(UnreadableBlob):
        directory.read(found.blob)


def test_ten_thousand_sites(victim: EtcHistory) -> None:
    enabled = victim.path / "nginx/sites-enabled"
    enabled.mkdir()
    for number in range(10_000):
        (enabled / f"{number:05}").write_text("# nothing yet\n")
    (victim.path / "nginx/nginx.conf").write_text("events {}\nhttp { include sites-enabled/*; }\n")
    ran = driftscan("check", "--worktree", "-C", victim.path)
    assert_sound(ran, 0)
    assert ran.seconds < 30
