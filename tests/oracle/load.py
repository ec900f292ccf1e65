"""What `nginx -t` says first of a few lines of configuration."""

import re
import subprocess
from pathlib import Path

from tests.oracle.server import PATH

_PLACED = re.compile(r"\[emerg\] (?:\d+#\d+: )?(.*) in \S+/nginx\.conf:\d+$", re.MULTILINE)


def refusal(directory: Path, text: str) -> str | None:
    """The error that names a place in the text; `None` when there is none, even if nginx fails for another reason.

    What is found while the text is read names its place; what the merge of levels or the system objects to mostly
    does not.
    """
    (directory / "t").mkdir(exist_ok=True)
    (directory / "nginx.conf").write_text(text)
    command = ["nginx", "-t", "-p", str(directory), "-c", "nginx.conf", "-e", "error.log"]
    done = subprocess.run(command, env={"PATH": PATH}, capture_output=True, check=False)
    found = _PLACED.search(done.stderr.decode("utf-8", "surrogateescape"))
    return None if found is None else found[1]
