"""Our lines in a shell script that may be somebody else's, between two markers.

They stand right behind the first line: there they run even if the script ends with `exit`, and they change neither its
status nor its input.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

from driftscan.errors import DriftscanError

BEGIN: Final = b"# >>> driftscan >>>\n"
END: Final = b"# <<< driftscan <<<"
SHEBANG: Final = b"#!/bin/sh\n"
ALONE: Final = b"# There was no hook before: `driftscan hook uninstall` takes the whole file away.\n"
SHELLS: Final = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})


def content(script: Path) -> bytes | None:
    """What is in a script; `None` where there is none.

    Raises:
        DriftscanError: it is a link, or cannot be read.
    """
    if script.is_symlink():
        raise DriftscanError(
            f"{script} is a link to {script.readlink()}, which something else manages; remove the link"
        )
    try:
        return script.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise not_allowed(script, error) from None


def not_allowed(path: Path, error: OSError) -> DriftscanError:
    """The error for a file that this user cannot read or write."""
    return DriftscanError(f"{path}: {error.strerror}; run driftscan as root")


def with_lines(foreign: bytes | None, lines: bytes) -> bytes:
    """A script with our lines in it; one of them alone where there was none."""
    if foreign is None:
        return SHEBANG + BEGIN + ALONE + lines + END + b"\n"
    block = BEGIN + lines + END
    if not foreign.startswith(b"#!"):
        return block + b"\n" + foreign
    first, newline, rest = foreign.partition(b"\n")
    # A last line without its newline stays one: ours then has none either, which tells them apart afterwards.
    return first + b"\n" + block + newline + rest


def without_lines(script: Path, content: bytes) -> bytes | None:
    """What a script holds without our lines; `None` when it is all ours.

    Raises:
        DriftscanError: our lines were edited so that it cannot be told which are ours.
    """
    if BEGIN not in content:
        return content
    before, _, rest = content.partition(BEGIN)
    ours, end, after = rest.partition(END)
    if not end or BEGIN in after or not (before == b"" or before.endswith(b"\n")) or after[:1] not in {b"", b"\n"}:
        raise DriftscanError(f"{script}: the lines between the driftscan markers were edited; delete them by hand")
    if ours.startswith(ALONE) and (before, after) == (SHEBANG, b"\n"):
        return None
    return before.removesuffix(b"\n") if after == b"" else before + after.removeprefix(b"\n")


def require_room(script: Path, foreign: bytes) -> None:
    """Refuse a script that our lines cannot be put into.

    Raises:
        DriftscanError: it is for another interpreter than a shell, or git does not run it.
    """
    line = foreign.partition(b"\n")[0]
    words = os.fsdecode(line.removeprefix(b"#!")).split() if line.startswith(b"#!") else ["sh"]
    interpreter = next((name for word in words if (name := Path(word).name) != "env" and not word.startswith("-")), "")
    if interpreter not in SHELLS or b"\0" in foreign:
        raise DriftscanError(
            f"{script} is no shell script, so nothing can be added to it; rename it to {script.name}.own, "
            f"make a {script.name} of `#!/bin/sh` and a line that calls it, and install again"
        )
    if not os.access(script, os.X_OK):
        raise DriftscanError(
            f"{script} is there but not executable, so git does not run it, and driftscan will not wake it up; "
            "`chmod +x` it or move it away, and install again"
        )


def write(script: Path, content: bytes) -> None:
    """Replace a script in one step, with the mode and the owner it had: a commit may be running it."""
    try:
        script.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{script.name}.", dir=script.parent)
    except OSError as error:
        raise not_allowed(script.parent, error) from None
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            if script.exists():
                there = script.stat()
                os.fchown(descriptor, there.st_uid, there.st_gid)
                os.fchmod(descriptor, there.st_mode & 0o7777)
            else:
                os.fchmod(descriptor, 0o755)
        new.replace(script)
    except OSError as error:
        raise not_allowed(script, error) from None
    finally:
        new.unlink(missing_ok=True)


def remove(script: Path) -> None:
    """Take a script away that is all ours."""
    try:
        script.unlink()
    except OSError as error:
        raise not_allowed(script, error) from None
