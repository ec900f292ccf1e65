import re
import subprocess

import pytest

from driftscan.history import certbot
from driftscan.history.commit import BlobId
from driftscan.history.versions import NginxVersion


def hashed(text: str) -> str:
    """git's id of a file."""
    done = subprocess.run(["git", "hash-object", "--stdin"], input=text.encode(), capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_one_file_may_be_of_several_ranges_of_releases() -> None:
    known = {
        "292d42984abb2c1ef036f5bdba11a653a9555f8d": "0.15.0 to 0.35.1",
        "3cc2b9b287f6c9f95125b9fbc62f782ae37ed716": "0.36.0",
        "978e6e8ab6324bddb7e3da9da04c8398ca761d37": "0.37.0 to 0.37.1 or 1.2.0 to 1.27.0",
        "a678b0507f2969ec2b293557d163498131bc26c1": "0.37.0 to 0.38.0 or 1.2.0 to 1.27.0",
        "f2aadba3dec1e6e7602cc56590fe9f15294bbcd1": "1.28.0 or later",
    }
    assert {blob: certbot.FILES[BlobId(blob)] for blob in known} == known


def test_every_file_that_was_ever_shipped_is_there_once() -> None:
    assert len(certbot.FILES) == 21
    assert all(re.fullmatch(r"[0-9a-f]{40}", blob) for blob in certbot.FILES)
    digests = [digest for files in certbot.STOCK.values() for digest in files.values()]
    assert len(set(digests)) == 21
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)


def test_the_digest_beside_an_edited_file_tells_what_certbot_has_offered() -> None:
    """git's own ids of files that hold nothing but the digest."""
    known = {
        hashed("2901debc7ecbc10917edd9084c05464c9c5930b463677571eaf8c94bffd11ae2"): "0.36.0",
        hashed("5e21cc66989f26ec46116d979421e538131cf8ab33ffff3f682fbfe491b0ace8"): "1.28.0 or later",
        hashed("5e21cc66989f26ec46116d979421e538131cf8ab33ffff3f682fbfe491b0ace8\n"): None,
    }
    assert {blob: certbot.DIGESTS.get(BlobId(blob)) for blob in known} == known


def test_ranges_are_written_from_old_to_new() -> None:
    for text in certbot.FILES.values():
        numbers = [NginxVersion.parse(found) for found in re.findall(r"[\d.]+", text)]
        assert numbers == sorted(set(numbers))


def test_versions_are_ordered_by_number() -> None:
    assert sorted(["1.10.0", "0.36.0", "1.9.0"], key=certbot.order) == ["0.36.0", "1.9.0", "1.10.0"]


def test_only_the_head_of_a_renewal_file_tells_its_version() -> None:
    assert certbot.renewed_by(b"# x\nversion = 0.34.2\n[renewalparams]\nversion = 9.9.9\n") == "0.34.2"
    assert certbot.renewed_by(b"[renewalparams]\naccount = 1\n") is None
    assert certbot.renewed_by(b"[renewalparams]\nversion = 9.9.9\n") is None


@pytest.mark.parametrize("version", ["1", "1" * 5000, f"1.{'1' * 5000}", "x1.2", "", "1.2222222222"])
def test_a_version_that_certbot_never_had_is_none(version: str) -> None:
    assert certbot.renewed_by(f"version = {version}\n".encode()) is None
