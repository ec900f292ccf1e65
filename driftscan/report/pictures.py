"""A listen socket before, while and after a breakage: who is the default server, what each says, who decides."""

from collections.abc import Iterator, Sequence

from driftscan.drift.chronicle import Picture
from driftscan.drift.socket_settings import Said, SocketSetting
from driftscan.nginx.directives.base import Decider
from driftscan.nginx.directives.values import show
from driftscan.report.pieces import PanelRow, PictureRow, SaidRow
from driftscan.report.rows import FindingRow
from driftscan.report.sources import source
from driftscan.report.subjects import compact
from driftscan.report.wording import decision

BOTH = frozenset({Decider.TICKETS, Decider.SESSION_CACHE, Decider.PREFERENCE, Decider.CONF_COMMAND})
"""The default server and the selected one have a say each."""
SEVERE = frozenset({"critical", "high"})
MOST_SAID = 5
"""So many values of one socket are drawn."""
EACH = frozenset({Decider.SNI_SERVER, Decider.HTTP_SERVER, Decider.HTTP2})
"""The selected server alone has one."""


def picture_row(picture: Picture, row: FindingRow) -> PictureRow:
    """The picture of a finding, whose commits say when each panel held."""
    during = picture.during
    default = next((str(server) for said in during.said if said.is_default for server in said.servers), "")
    return PictureRow(
        str(during.socket),
        during.directive,
        _rule(during.decider, default),
        during.decider not in EACH,
        tuple(_panels(picture, row)),
    )


def _rule(decider: Decider, default: str) -> str:
    if decider in EACH:
        return "each server decides for its own names"
    return decision(decider, default)


def _panels(picture: Picture, row: FindingRow) -> Iterator[PanelRow]:
    came, went = row.introduced, row.resolved
    if picture.before is not None and came is not None:
        yield _panel("before", f"until {came.time.text}", came.short, picture.before)
    since = "at the start of what was examined" if came is None else f"since {came.time.text}"
    yield _panel(
        "broken" if row.severity in SEVERE else "found", since, "" if came is None else came.short, picture.during
    )
    if picture.after is not None and went is not None:
        yield _panel("mended", f"since {went.time.text}", went.short, picture.after)


def _panel(kind: str, when: str, short: str, setting: SocketSetting) -> PanelRow:
    first = next((said for said in setting.said if said.is_default), None)
    rows = [_said_row(said, setting, first) for said in setting.said]
    # What contradicts the default server is what one wants to see.
    shown = [rows[0], *sorted(rows[1:], key=lambda row: (not row.contradicts, not row.differs))][:MOST_SAID]
    return PanelRow(kind, when, short, tuple(shown), _verdict(setting, rows), len(rows) - len(shown))


def _said_row(said: Said, setting: SocketSetting, first: Said | None) -> SaidRow:
    known = said.known and first is not None and first.known
    # What is asked of the request is asked of the server that answers it, whether it has a certificate or not.
    speaks = said.has_context or setting.decider in {Decider.HTTP_SERVER, Decider.HTTP2}
    differs = known and first is not None and said.value != first.value
    return SaidRow(
        is_default=said.is_default,
        who=compact(said.servers).summary,
        value=show(said.value) if said.known else "not known",
        source=source(said.origin),
        differs=differs,
        contradicts=differs and (speaks or setting.decider not in BOTH) and setting.decider not in EACH,
        decides=said.is_default or (speaks and setting.decider in BOTH | EACH),
    )


def _verdict(setting: SocketSetting, rows: Sequence[SaidRow]) -> str:
    if len(rows) < 2:
        return "there is no other server"
    if not any(row.differs for row in rows):
        return "all say the same"
    if setting.decider in BOTH:
        if not any(row.contradicts for row in rows):
            return "who says otherwise has no certificate, and so no say"
        return "they contradict each other, and both have a say"
    if setting.decider in EACH:
        return "they differ"
    return "they differ, and what the others say has no effect"
