"""A state as JUnit XML, for what shows the results of tests: a test is that a pattern finds nothing.

The format has no standard; what is written here is what Jenkins, GitLab and Azure read alike
(https://github.com/testmoapp/junitxml). How long it took is left out: the same state is the same bytes.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping

from driftscan.drift.findings import Severity
from driftscan.patterns.catalogue import KnownBreakage
from driftscan.report.pages import CheckReport
from driftscan.report.rows import FindingRow, Member, SuppressedRow


def render(report: CheckReport, known: Iterable[KnownBreakage], fail_on: Severity | None) -> str:
    """The document.

    Args:
        report: what is wrong, with what is suppressed.
        known: every pattern that was looked for. Those that see changes only cannot find anything in a state, and
            are left out.
        fail_on: from which severity on a finding is a failure; `None`: none is.
    """
    entries = {str(entry.id): entry for entry in known}
    cases = [
        *_passed(report, entries),
        *_found(report, entries, fail_on),
        *_unchanged(report, entries),
        *_suppressed(report, entries),
    ]
    cases.sort(key=lambda case: (case.get("classname", ""), case.get("name", "")))
    suite = ET.Element("testsuite", name=_xml(report.title))
    suite.extend(cases)
    for element in (suite, root := ET.Element("testsuites", name="driftscan")):
        _count(element, cases)
    said = [*report.verdict, report.platform.line, *report.load]
    ET.SubElement(suite, "system-out").text = _xml("\n".join(said))
    if report.gaps:
        ET.SubElement(suite, "system-err").text = _xml("\n".join(f"cannot be read: {gap.text}" for gap in report.gaps))
    root.append(suite)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written.decode() + "\n"


def _count(element: ET.Element, cases: Iterable[ET.Element]) -> None:
    cases = list(cases)
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", "0")
    element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))


def _passed(report: CheckReport, known: Mapping[str, KnownBreakage]) -> Iterator[ET.Element]:
    """A case for each pattern that found nothing."""
    told = {row.pattern for row in (*report.findings, *report.unchanged)} | {row.pattern for row in report.suppressed}
    for entry in known.values():
        if entry.id not in told and entry.matcher.hazards is not None:
            yield _case(entry.id, entry.id, known)


def _found(report: CheckReport, known: Mapping[str, KnownBreakage], fail_on: Severity | None) -> Iterator[ET.Element]:
    """A case for each finding, which fails if it is bad enough."""
    for row in report.findings:
        fails = fail_on is not None and Severity[row.severity.upper()] >= fail_on
        for member in row.members:
            case = _case(row.pattern, f"{row.pattern}: {member.subject}", known)
            details = _xml("\n".join(_details(row, member)))
            if fails:
                failure = ET.SubElement(case, "failure", message=_xml(member.because), type=row.severity)
                failure.text = details
            else:
                ET.SubElement(case, "system-out").text = details
            yield case


def _details(row: FindingRow, member: Member) -> Iterator[str]:
    yield f"{row.severity}: {row.title} [{member.fingerprint}]"
    yield member.because
    if row.visitors:
        first = row.members[0]
        yield ("" if member is first else f"as with {first.subject}: ") + f"hits {row.visitors}"
    if row.certainty_note:
        yield row.certainty_note
    yield from (f"see {place}" for place in member.places)
    if row.began:
        yield row.began
    yield from (f"remedy: {paragraph}" for paragraph in row.remedy_full)
    if row.patch:
        yield from (f"patch, {row.patch_note}:", *row.patch)


def _unchanged(report: CheckReport, known: Mapping[str, KnownBreakage]) -> Iterator[ET.Element]:
    """A case for each finding that the baseline had already, which was skipped: it neither passes nor fails."""
    for row in report.unchanged:
        for member in row.members:
            case = _case(row.pattern, f"{row.pattern}: {member.subject}", known)
            message = f"was there in the baseline already: {member.because} [{member.fingerprint}]"
            ET.SubElement(case, "skipped", message=_xml(message))
            yield case


def _suppressed(report: CheckReport, known: Mapping[str, KnownBreakage]) -> Iterator[ET.Element]:
    """A case for each finding that is set aside, which was skipped."""
    for row in report.suppressed:
        case = _case(row.pattern, f"{row.pattern}: {row.subject}", known)
        ET.SubElement(case, "skipped", message=_xml(_decision(row)))
        yield case


def _decision(row: SuppressedRow) -> str:
    owner = f", {row.owner}" if row.owner else ""
    return f"suppressed until {row.until}{owner}: {row.reason} ({row.place}) [{row.fingerprint}]"


def _case(pattern: str, name: str, known: Mapping[str, KnownBreakage]) -> ET.Element:
    category = known[pattern].pattern.category.value if pattern in known else "site"
    return ET.Element("testcase", classname=f"driftscan.{category}", name=_xml(name))


_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2). Rows have none of it but U+FFFE and U+FFFF, which act on no terminal."""


def _xml(said: str) -> str:
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", said)
