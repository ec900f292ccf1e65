"""A configuration that was read in one place, with the files that its directives name looked up in another."""

from dataclasses import replace

from driftscan.history.modes import ModesFile
from driftscan.history.snapshot import Snapshot
from driftscan.nginx.config import ResolvedConfig
from driftscan.nginx.files import NamedFile, Presence, look_up
from driftscan.nginx.includes import Sources
from driftscan.nginx.treeglob import TreeView


def beside(config: ResolvedConfig, tree: Snapshot, root: str, sources: Sources) -> ResolvedConfig:
    """The same configuration, with certificates and other named files, and all modes, as another tree has them.

    The trees are of one host, and perhaps of two days: what the other one lacks the host may have by now.

    Args:
        config: read from a tree that has nothing but nginx's own files.
        tree: the other one.
        root: where the top of both is on the host.
        sources: parsed blobs.
    """
    named = look_up(
        config.mains,
        TreeView(tree, root, sources.targets),
        lambda blob: sources.certificates(blob, tree),
        lambda blob: sources.prime_bits(blob, tree),
    )
    known = {name: file if file.presence is Presence.THERE else _unknown(file) for name, file in named.items()}
    return replace(config, named=known, modes=ModesFile.of_tree(tree))


def _unknown(file: NamedFile) -> NamedFile:
    return NamedFile(file.host_path, Presence.UNKNOWN, name_path=file.name_path)
