"""The page: complete, inert whatever it quotes, and loading nothing."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from driftscan.drift.scan import Outcome
from driftscan.patterns.catalogue import catalogue
from driftscan.report import html
from driftscan.report.pages import Report
from driftscan.report.rows import Request
from driftscan.report.view import build
from tests.report import incident
from tests.report.pages import Page

TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "script", "body", "header", "main", "section", "article", "nav"}
    | {"footer", "h1", "h2", "h3", "h4", "p", "a", "span", "strong", "code", "pre", "del", "ins", "time", "button"}
    | {"b", "i", "q", "small", "ul", "ol", "li", "dl", "div", "dt", "dd", "details", "summary", "figure", "figcaption"}
    | {"label", "input", "output", "select", "option", "datalist"}
    | {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    | {"svg", "g", "defs", "path", "use", "text", "line", "rect", "circle", "pattern", "lineargradient", "stop"}
)
TEMPLATES = next(path for path in html.TEMPLATES if path.is_dir())


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    return Page(html.render(report))


@pytest.fixture(scope="module")
def hostile_page(hostile_report: Report) -> Page:
    return Page(html.render(hostile_report))


def test_the_title_names_the_path_and_the_range(page: Page) -> None:
    assert "<title>TLS history of /etc: the whole history</title>" in page.html


def test_the_page_is_balanced_and_has_one_heading_and_landmarks(page: Page) -> None:
    assert page.open == []
    assert [len(page.named(name)) for name in ("h1", "main", "footer", "nav")] == [1, 1, 1, 1]
    assert (page.named("html")[0].get("lang"), page.named("a")[0].get("href")) == ("en", "#main")


def test_every_section_is_there_in_the_order_of_need(page: Page) -> None:
    sections = [tag.get("id") or tag.get("aria-labelledby") for tag in page.named("section")]
    assert sections == [
        "answer-title",
        "timeline",
        "changes",
        "findings",
        "patterns",
        "effective",
        "quotes",
        "examined",
        "glossary",
    ]


def test_ids_are_unique_and_every_inner_link_leads_somewhere(page: Page, hostile_page: Page) -> None:
    for found in (page, hostile_page):
        ids = [tag.get("id") for tag in found.tags if tag.get("id")]
        assert len(ids) == len(set(ids))
        links = {tag.get("href") for tag in found.named("a")}
        inner = {link[1:] for link in links if link.startswith("#") and not link.startswith("#?")}
        assert inner - set(ids) == set()


def test_every_finding_has_its_anchor_and_its_pattern_explained(page: Page) -> None:
    ids = {tag.get("id") for tag in page.tags}
    assert {"f-e1ed27dd4808", "f-960540dde214", "p-session-tickets-mismatch", "c-1f25ff7d"} <= ids
    entry = next(entry for entry in catalogue() if entry.id == "session-tickets-mismatch")
    for name in ("Symptom", "Cause", "Remedy"):
        sentence = " ".join(entry.section(name).replace("`", "").split())[:60]
        assert sentence in page.text
    assert [symptom for symptom in entry.pattern.symptoms if " ".join(symptom.split()) not in page.text] == []


def test_a_line_of_the_past_never_leads_to_what_stands_there_now(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    place = f"{incident.OPTIONS}:2"
    past = build(*incident.scan(tmp_path))
    quote = next(row.id for row in past.quotes if row.place == place)
    assert _links(html.render(past), place, "findings") == {"#d-1f25ff7d-3"}
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "oops", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    again = html.render(build(*incident.scan(tmp_path)))
    assert _links(again, place, "findings") == {f"#{quote}", "#d-1f25ff7d-3"}
    assert _links(again, place, "changes") == {"#d-1f25ff7d-3"}


def test_a_line_that_a_commit_did_not_write_is_no_link_in_its_changes(tmp_path: Path) -> None:
    """Without its default server the socket has another one, in a file that the commit did not touch."""
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: None}, "no default", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    report = build(*incident.scan(tmp_path))
    place = "nginx/conf.d/blog.conf:1"
    assert place in {row.place for row in report.quotes}
    assert any(place in change.places for change in report.steps[0].changes)
    page = html.render(report)
    assert '<a href="#l-' not in page.partition('<section id="changes"')[2].partition("</section>")[0]


def _links(page: str, place: str, section: str) -> set[str]:
    """Where the links of a section lead that name a line."""
    part = page.partition(f'<section id="{section}"')[2].partition("</section>")[0]
    return set(re.findall(rf'<a href="([^"]+)">{re.escape(place)}</a>', part))


def test_everything_that_text_says_is_on_the_page(report: Report, page: Page) -> None:
    wanted = [report.verdict, *report.notes]
    wanted += [row.because for row in report.findings]
    wanted += [step.command for step in report.steps]
    wanted += [change.note for step in report.steps for change in step.changes]
    lines = [line for step in report.steps for line in step.diff]
    wanted += [line.text for line in lines if line.kind != "file" or not line.text.startswith(html.REPEATED)]
    assert [text for text in wanted if " ".join(text.split()) not in page.text] == []


def test_nothing_is_loaded(page: Page, hostile_page: Page) -> None:
    for found in (page, hostile_page):
        loading = [
            (tag.name, name)
            for tag in found.tags
            for name, value in tag.attributes
            if name in {"src", "srcset", "action", "data", "poster", "background", "xlink:href", "formaction"}
            or (name == "href" and tag.name != "a" and not (value or "").startswith("#"))
        ]
        assert loading == []
        assert re.findall(r"url\((?!#)|@import|\bfetch\(|XMLHttpRequest|import\(", found.html) == []


def test_links_out_are_references_of_the_catalogue(hostile_page: Page) -> None:
    references = {address for entry in catalogue() for address in entry.references}
    out = {tag.get("href") for tag in hostile_page.named("a") if not tag.get("href").startswith("#")}
    assert out - references == set()


def test_no_data_becomes_markup(page: Page, hostile_page: Page) -> None:
    for found in (page, hostile_page):
        assert {tag.name for tag in found.tags} - TAGS == set()
        assert [len(found.named(name)) for name in ("script", "style", "title")] == [1, 1, len(found.named("title"))]
        handlers = [
            name for tag in found.tags for name, _ in tag.attributes if name.startswith("on") or name == "style"
        ]
        assert handlers == []
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&" in hostile_page.text


def test_control_characters_are_visible_and_not_there(hostile_page: Page) -> None:
    acting = {character for character in hostile_page.html if not character.isprintable() and character != "\n"}
    assert acting == set()
    assert "\\x1b]0;owned\\x07\\x1b[2J" in hostile_page.text


def test_the_policy_allows_exactly_the_two_inlined_assets(page: Page) -> None:
    hashes = []
    for name in ("style", "script"):
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes.append(f"{name}-src 'sha256-{digest}'")
    (policy,) = [tag for tag in page.named("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policy.get("content") == (
        f"default-src 'none'; {hashes[0]}; {hashes[1]}; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_the_policy_comes_before_anything_it_governs(page: Page) -> None:
    names = [tag.get("http-equiv") or tag.name for tag in page.named("meta") + page.named("style")]
    assert names.index("Content-Security-Policy") < names.index("style")
    assert page.html.index("Content-Security-Policy") < page.html.index("<style>") < page.html.index("<script>")


def test_no_template_marks_data_safe() -> None:
    marked = [
        path.name
        for path in TEMPLATES.rglob("*.j2")
        if re.search(r"\|\s*safe|autoescape|Markup", path.read_text("utf-8"))
    ]
    assert marked == []


def test_style_and_script_are_small() -> None:
    parts = [path for path in TEMPLATES.rglob("*") if path.suffix in {".css", ".js"}]
    assert sorted(path.relative_to(TEMPLATES).as_posix() for path in parts) == sorted((*html.SCRIPT, *html.STYLE))
    assert sum(path.stat().st_size for path in parts) < 60_000


def test_the_same_history_is_the_same_page(scanned: tuple[Outcome, Request], tmp_path: Path) -> None:
    incident.build(tmp_path)
    assert html.render(build(*incident.scan(tmp_path))) == html.render(build(*scanned))


def test_a_page_about_nothing(scanned: tuple[Outcome, Request]) -> None:
    nothing = Outcome((), (), (), None, None, None, 0, 0, shallow=False)
    page = Page(html.render(build(nothing, scanned[1])))
    assert "No commit was selected." in page.text
    assert "No known breakage was found." in page.text


# ------------------------------------------------------------------ contrast

PAIRS = (
    ("ink", "ground"),
    ("ink", "paper"),
    ("ink", "sunk"),
    ("soft", "ground"),
    ("soft", "paper"),
    ("soft", "sunk"),
    ("link", "ground"),
    ("link", "paper"),
    ("link", "sunk"),
    ("on-critical", "critical"),
    ("on-high", "high"),
    ("on-medium", "medium"),
    ("on-low", "low"),
    ("on-past", "past"),
    ("on-gap", "gap"),
    ("paper", "ink"),
    ("del", "del-ground"),
    ("ins", "ins-ground"),
)


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", css))


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_pair_of_colours_has_the_contrast_of_level_aa(scheme: str) -> None:
    css = "".join((TEMPLATES / name).read_text("utf-8") for name in html.STYLE)
    light, dark, paper = (
        css.split("@media screen and", 1)[0],
        css.split("@media screen and", 1)[1],
        css.split("@media print")[1],
    )
    tokens = _tokens(light)
    tokens |= _tokens(dark.split('[data-theme="light"] {')[0]) if scheme == "dark" else {}
    tokens |= _tokens(paper) if scheme == "print" else {}
    low = {pair: round(_contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def test_both_ways_to_the_dark_theme_have_the_same_colours() -> None:
    css = "".join((TEMPLATES / name).read_text("utf-8") for name in html.STYLE)
    by_system = css.split(':root:not([data-theme="light"]) {')[1].split("}")[0]
    by_choice = css.split(':root[data-theme="dark"] {')[1].split("}")[0]
    assert _tokens(by_system) == _tokens(by_choice)
