"""What keeps a hostile repository, and the caller's environment, out of what git does here.

Whoever can write to a repository can name programs in its settings, answer for objects with others, and change
what git prints. Each line takes one of these ways.
"""

import os
from pathlib import Path
from typing import Final

ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "",  # stronger than protocol.allow, which the repository can answer with protocol.ext.allow
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": os.devnull,
    "XDG_CONFIG_HOME": os.devnull,
}

SETTINGS: Final = {
    "advice.graftFileDeprecated": "false",
    "core.abbrev": "auto",
    "core.attributesFile": os.devnull,
    "core.bigFileThreshold": "64m",  # above it git streams a blob, and does not try to hold it
    "core.commitGraph": "false",  # a forged one may name other parents than the commits do
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "diff.orderFile": os.devnull,
    "diff.relative": "false",
    "diff.renames": "false",
    "log.diffMerges": "separate",  # what -m means; with --first-parent only the first is left
    "log.showRoot": "true",
    "log.showSignature": "false",
    "protocol.allow": "never",
}


def options(top: Path, git_dir: Path) -> tuple[str, ...]:
    """What stands between `git` and its verb."""
    settings = SETTINGS | {"safe.directory": str(top)}
    return (
        # Explicit, so that neither discovery nor core.worktree has a say; no command here looks at a work tree.
        f"--git-dir={git_dir}",
        "--work-tree=/",
        "--no-replace-objects",
        "--literal-pathspecs",
        "--no-pager",
        *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
    )
