"""Command lines without the secrets that people type into them."""

import re

HIDDEN = "***"
LONGEST = 16_000
"""Characters of a command line that is shown; nobody typed a longer one."""
CUT = " ...[cut]"

_SECRET = "pass(?:word|wd|phrase|code)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"']+)"""

ANYWHERE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"://[^\s/@]+@"), f"://{HIDDEN}@"),
    (re.compile(r"(?<=\")[^\s\"/:@]+:[^\s\"@]+@"), f"{HIDDEN}@"),  # the same in words of nginx's, without its scheme
    (re.compile(r"(?i)\b(pin-value=)[^\s;&?\"']+"), rf"\1{HIDDEN}"),  # of a key in a token (RFC 7512)
)
"""What is a secret by how it is written, whatever text it stands in: no name, path or setting of TLS looks like it."""

RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    *ANYWHERE,
    (re.compile(r"(?i)\b(authorization:\s*\w+|bearer|basic)\s+[\w.+/=~-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)(?<!\S)(--?(?:[\w-]{{0,40}}-)?(?:{_SECRET})(?:-[\w-]{{1,40}})?)(=|\s+)(?!--){_VALUE}"),
        rf"\1\2{HIDDEN}",
    ),
    # NAME=value in front of a command, and settings such as Acquire::http::Proxy::Password=value.
    (re.compile(rf"(?i)(?<![\w-])(\w{{0,40}}(?:{_SECRET}|key|auth)\w{{0,40}})={_VALUE}"), rf"\1={HIDDEN}"),
    (re.compile(rf"(?<!\S)-p\s*{_VALUE}"), f"-p {HIDDEN}"),
    (re.compile(r"(?<!\S)(-u\s*|--user[= ])([^\s:]+):\S+"), rf"\1\2:{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"(?i)(?<![\w/.-])[0-9a-f]{32,}(?![\w-])"), HIDDEN),
    # Names of packages are as long, but nothing else mixes capitals, small letters and digits like base64.
    (re.compile(r"(?<![\w/+.-])(?!/)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{32,}={0,2}"), HIDDEN),
)


def without_credentials(text: str) -> str:
    """Any text without the user of an address and the PIN of a key, which are part of values that are shown."""
    if "@" not in text and "pin-value" not in text.lower():
        return text
    for pattern, replacement in ANYWHERE:
        text = pattern.sub(replacement, text)
    return text


def redact(command: str) -> str:
    """The command with whatever looks like a password, key or token replaced; rather too much than too little."""
    if len(command) > LONGEST:
        command = command[:LONGEST].rpartition(" ")[0] + CUT  # not in the middle of what may be a secret
    for pattern, replacement in RULES:
        command = pattern.sub(replacement, command)
    return command
