"""A report of years, without years of history: 2,500 commits that changed 5,000 settings of 60 servers.

What is repeated are rows; the parts that grow with a history, such as the timeline, the facets and the raw differences,
are made by the same code as ever. It is the same report every time.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from driftscan.drift.chronicle import Chronicle, Policy, Upgrade
from driftscan.drift.scan import Outcome
from driftscan.history.commit import Commit, CommitId, Identity
from driftscan.patterns.catalogue import catalogue
from driftscan.report.answer import answer
from driftscan.report.facets import faceted
from driftscan.report.pages import Count, EffectiveReport, EndpointRow, Report, SettingRow, SocketRow
from driftscan.report.patterns import pattern_row
from driftscan.report.pieces import Delta, QuoteRow, Subjects
from driftscan.report.rawdiff import diff_lines, marked, shortened
from driftscan.report.rows import ChangeRow, CommitRow, FindingRow, Member, PlatformRow, StepRow, VersionRow
from driftscan.report.timeline import timeline
from driftscan.report.wording import commit_row, moment, some

COMMITS, CHANGES_EACH, SERVERS = 2500, 2, 60
ZONE = timezone(timedelta(hours=9))
BEGIN = datetime(2019, 1, 7, 3, 17, tzinfo=ZONE)
EVERY = timedelta(hours=25, minutes=11)
PEOPLE = ("mina", "ken", "aoi", "root")
TRADES = ("shop", "blog", "mail", "files", "wiki", "forum", "cards", "maps", "news", "books", "music", "games")
TOWNS = ("osaka", "kyoto", "nara", "kobe", "otsu")
NAMES = tuple(f"{trade}.{town}.example" for town in TOWNS for trade in TRADES)
SETTINGS = (
    ("ssl_protocols", "TLSv1.2 TLSv1.3", "TLSv1.3"),
    ("ssl_session_timeout", "1d", "10m"),
    ("ssl_session_cache", "shared:web:10m", "shared:web:50m"),
    ("ssl_stapling", "off", "on"),
    ("add_header Strict-Transport-Security", "max-age=31536000", "max-age=63072000; includeSubDomains"),
    ("ssl_prefer_server_ciphers", "on", "off"),
)
SUITES = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-SHA")
BROKEN_EVERY, MENDED_AFTER = 20, 6
PATTERNS = (
    "protocols-narrowed",
    "session-tickets-mismatch",
    "ciphers-narrowed",
    "hsts-lost",
    "stapling-without-effect",
)
PLATFORM = PlatformRow(
    "nginx 1.22.1 (package), OpenSSL 3.0.9 (package)",
    (VersionRow("nginx", "1.22.1", "package", "dpkg"), VersionRow("OpenSSL", "3.0.9", "package", "dpkg")),
)
MESSAGES = (
    "daily autocommit",
    "nginx: settings for {name}",
    "committing changes in /etc after apt run",
    "{name}: follow the new guideline for session resumption (ticket {number})",
)


def report() -> Report:
    """The report."""
    commits = [_commit(number) for number in range(COMMITS)]
    rows = [commit_row(commit, commits[number - 1] if number else None) for number, commit in enumerate(commits)]
    lives = [_life(number, rows) for number in range(0, COMMITS, BROKEN_EVERY)]
    by_step: dict[str, list[FindingRow]] = {}
    for life in lives:
        for at, state in ((life.introduced, "introduced"), (life.resolved, "resolved")):
            if at is not None:
                by_step.setdefault(at.id, []).append(replace(life, state=state))
    told = [_step(number, row, tuple(by_step.get(row.id, ()))) for number, row in enumerate(rows)]
    weight = sorted(
        lives, key=lambda life: (life.state != "open", ("critical", "high", "medium", "low").index(life.severity))
    )
    facets, steps, findings = faceted(shortened(tuple(reversed(told))), weight)
    outcome = Outcome((), (), (), None, None, commits[-1], COMMITS, COMMITS, shallow=False)
    found = {life.pattern for life in lives}
    return Report(
        title="TLS history of /etc: the whole history",
        path="/etc",
        host="web1.example",
        range_line="the whole history",
        verdict=f"{len(lives)} findings of {COMMITS} commits.",
        verdict_kind=findings[0].severity,
        answer=answer(outcome, findings, steps),
        notes=(),
        suppressed=(),
        counts=(Count(len(lives), "findings", "past"), Count(COMMITS, "commits changed TLS", "steps")),
        steps=steps,
        findings=findings,
        gaps=(),
        timeline=timeline(outcome, steps, findings, _chronicle(commits)),
        patterns=tuple(pattern_row(entry) for entry in catalogue() if entry.id in found),
        effective=_effective(),
        start=None,
        quotes=tuple(QuoteRow(f"l-{number}", _file(number), "server {") for number in range(SERVERS)),
        facets=facets,
        examined=(),
        glossary=(),
        generated=moment(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        version="0.1.0",
    )


def _commit(number: int) -> Commit:
    person = Identity(PEOPLE[number % len(PEOPLE)], "people@web1.example.jp")
    time = BEGIN + EVERY * number
    message = MESSAGES[number % 3 if number % 7 else 3].format(name=NAMES[number * 7 % SERVERS], number=1000 + number)
    # Ids that differ from their first digit on, as real ones do.
    mark = CommitId(f"{(number + 1) * 2654435761 % 2**32:08x}{number:032x}")
    return Commit(mark, (), person, person, time, time, message)


def _step(number: int, row: CommitRow, findings: tuple[FindingRow, ...]) -> StepRow:
    path = _path(number * 7 % SERVERS)
    changes = tuple(_change(number * CHANGES_EACH + more, path, findings) for more in range(CHANGES_EACH))
    news = [finding.severity for finding in findings if finding.state == "introduced"]
    return StepRow(
        commit=row,
        platform=PLATFORM,
        findings=findings,
        changes=changes,
        opened=(),
        closed=(),
        paths=(path,),
        command=f"git -C /etc show {row.short} -- {path}",
        diff=tuple(marked(diff_lines(_diff(number, path)), row.short, {f"{path}:14", f"{path}:15"})),
        worst=news[0] if news else "",
    )


def _change(number: int, path: str, findings: tuple[FindingRow, ...]) -> ChangeRow:
    # Most files are those of one site; a shared one hits many of them, or all.
    hit = (SERVERS if number % 96 == 0 else 1 + number * 11 % 8) if number % 6 == 0 else 1
    names = tuple(NAMES[(number * 5 + more) % SERVERS] for more in range(hit))
    what, one, other = SETTINGS[number % len(SETTINGS)]
    before, after = (one, other) if number % 4 < 2 else (other, one)
    delta = None
    if number % 9 == 0:
        what, before, after = "ssl_ciphers", ":".join(SUITES), ":".join(SUITES[:3])
        delta = Delta((SUITES[3],), (), 3, reordered=False)
    complete = tuple(f"{name} on 0.0.0.0:443" for name in names)
    summary = f"{some(names, 3, 'name')}, on 0.0.0.0:443"
    return ChangeRow(
        kind="in-force",
        label="in force",
        what=what,
        before=before,
        after=after,
        delta=delta,
        subjects=Subjects(summary, complete, max(hit - 3, 0) if hit > 4 else 0),
        places=(f"{path}:{14 + number % 2}",),
        note="" if number % 5 else "the default server _:443 decides, unless this server says off",
        fingerprints=tuple(member.fingerprint for finding in findings[:1] for member in finding.members[:1]),
        servers=tuple(sorted(f"{name}:443" for name in names)),
        origin_before=f"{path}:{14 + number % 2}",
        origin_after=f"{path}:{14 + number % 2}",
    )


def _diff(number: int, path: str) -> str:
    what, one, other = SETTINGS[number * CHANGES_EACH % len(SETTINGS)]
    name = NAMES[number * 7 % SERVERS]
    return (
        f"diff --git a/{path} b/{path}\nindex {number:07x}..{number + 1:07x} 100644\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -9,9 +9,9 @@ server {{\n     listen 443 ssl;\n     server_name {name};\n"
        f"     root /srv/www/{name};\n"
        f"     ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;\n"
        f"     ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;\n"
        f"-    {what} {one};\n-    keepalive_timeout {number % 60};\n+    {what} {other};\n"
        f"+    keepalive_timeout {number % 60 + 5};\n     include snippets/headers.conf;\n"
        f"     access_log /var/log/nginx/{name}.log;\n"
    )


def _life(number: int, rows: list[CommitRow]) -> FindingRow:
    place = number // BROKEN_EVERY
    introduced = rows[number]
    is_open = number + MENDED_AFTER >= COMMITS or place % 40 == 39
    resolved = None if is_open else rows[number + MENDED_AFTER]
    pattern = PATTERNS[place % len(PATTERNS)]
    entry = next(entry for entry in catalogue() if entry.id == pattern)
    names = [NAMES[(place * 13 + more) % SERVERS] for more in range(1 + place % 4)]
    at = f"{_path(number * 7 % SERVERS)}:14"
    members = tuple(
        Member(f"{(number * 61 + more + 1) * 40503 % 2**47:012x}", f"{name}:443", "", (at,), True, f"{name}:443")
        for more, name in enumerate(names)
    )
    return FindingRow(
        pattern=pattern,
        title=entry.title,
        state="open" if is_open else "resolved",
        severity=("critical", "high", "medium", "low")[place % 4],
        members=members,
        who=members[0].subject if len(members) == 1 else f"{len(members)} servers",
        because=f"{members[0].subject} answered TLSv1.2 and TLSv1.3 and now answers TLSv1.3 alone.",
        visitors="clients that have nothing else",
        certainty="certain",
        certainty_note="",
        places=(at,),
        remedy="Put the line back.",
        remedy_full=(f"Put the line back at {at}, and reload nginx.",),
        references=(),
        again="",
        began=f"{introduced.time.text} by {introduced.short}",
        ended="open" if resolved is None else f"{resolved.time.text} by {resolved.short}",
        lasted="6 days",
        introduced=introduced,
        resolved=resolved,
        first=members[0].fingerprint,
        versions=("nginx 1.22.1 (package)",),
    )


def _chronicle(commits: list[Commit]) -> Chronicle:
    upgrades = tuple(
        Upgrade(commits[number], commits[number - 1], "nginx", f"1.{number // 100}.0", f"1.{number // 100 + 1}.0")
        for number in range(100, COMMITS, 200)
    )
    policies = tuple(
        Policy(
            commits[number],
            {
                f"{name}:443": ("TLSv1.2", "TLSv1.3")[: 1 + (place + number // 500) % 2]
                for place, name in enumerate(NAMES)
            },
        )
        for number in range(0, COMMITS, 500)
    )
    return Chronicle(None, upgrades, (), policies, {})


def _path(number: int) -> str:
    return f"nginx/conf.d/{NAMES[number].removesuffix('.example')}.conf"


def _file(number: int) -> str:
    return f"{_path(number)}:1"


def _effective() -> EffectiveReport:
    common = tuple(
        SettingRow(what, value, "explicit", ("nginx/nginx.conf:9",), "", "", "") for what, value, _ in SETTINGS
    )
    return EffectiveReport(
        title="now",
        platform=PLATFORM,
        load=("nginx would load it",),
        sockets=(SocketRow("0.0.0.0:443", True, "", f"{NAMES[0]}:443", _file(0), "it says default_server"),),
        endpoints=tuple(_endpoints(common)),
        findings=(),
        gaps=(),
        common=common,
    )


def _endpoints(common: tuple[SettingRow, ...]) -> Iterator[EndpointRow]:
    for number, name in enumerate(NAMES):
        at = _file(number)
        own = SettingRow(
            "ssl_certificate", f"/etc/letsencrypt/live/{name}/fullchain.pem", "explicit", (at,), "", "", ""
        )
        names = (f"{name} on 0.0.0.0:443", f"www.{name} on 0.0.0.0:443")
        who = Subjects(f"{name} and www.{name}, on 0.0.0.0:443", names, 0)
        yield EndpointRow(who, f"{name}:443", at, (*common, own), "", (("TLS 1.2 clients", "TLSv1.2"),))
