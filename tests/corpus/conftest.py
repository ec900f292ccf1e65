import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from driftscan.drift.scan import Outcome
from tests.drift.walks import walk
from tests.etc import ENVIRONMENT, EtcHistory

BESIDE = Path(__file__).parents[2].parent / "shared" / "corpora"


@dataclass(frozen=True, slots=True)
class Corpora:
    """Real histories, as bundles in a folder."""

    folder: Path
    clones: Path

    def clone(self, name: str) -> EtcHistory:
        """One of them as a repository of its own."""
        target = self.clones / name
        if not target.exists():
            subprocess.run(
                ["git", "clone", "--quiet", "--no-checkout", str(self.folder / f"{name}.bundle"), str(target)],
                env=ENVIRONMENT,
                check=True,
            )
        return existing(target)

    def truth(self) -> list[dict[str, Any]]:
        """What was read by hand about some of their commits."""
        found: list[dict[str, Any]] = json.loads((self.folder / "ground-truth.json").read_text("utf-8"))
        return found


def existing(path: Path) -> EtcHistory:
    """A repository that is there already, for what only needs its path."""
    history = EtcHistory.__new__(EtcHistory)
    history.path = path
    return history


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    """The shared histories, where `DRIFTSCAN_CORPORA` says or beside the checkout."""
    folder = Path(os.environ.get("DRIFTSCAN_CORPORA", BESIDE))
    if not (folder / "ground-truth.json").is_file():
        # They are no part of the project, so not even CI can be asked to have them.
        pytest.skip(f"no corpora in {folder}; put them there, or name their folder in DRIFTSCAN_CORPORA")
    return Corpora(folder, tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="session")
def envs(corpora: Corpora) -> Outcome:
    """The whole history of a live server."""
    return walk(corpora.clone("envs"))
