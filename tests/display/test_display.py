"""What notebooks show: all that matters of programs, decisions and explanations, and no text as markup."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import trigdsl
from trigdsl import explainer
from trigdsl.display.decisions import MOST_ROWS, decisions_html
from trigdsl.model.decisions import Decision

EVIL = "<script>alert('&')</script>"


class Reader(HTMLParser):
    """The tags of a page, its visible texts, and the texts of each row of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self._style = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self._style = tag == "style"
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._style:
            return
        self.texts.append(data)
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return "".join(self.texts)


def decision(number: int = 0, **changes: object) -> Decision:
    told = {"user": f"u{number}", "rule": "hello", "step": 1, "action": "send", "channel": "push", "status": "sent"}
    return Decision(**{**told, "time": 0, "triggered": 0, "due": 0, "key": str(number), **changes})  # type: ignore[arg-type]


def test_a_table_has_a_row_for_each_decision_under_the_counts_of_all() -> None:
    made = [
        decision(1, text="Hello"),
        decision(2, status="capped", reason="cap 1 per day", time=1_500_000),
        decision(3, action="set", channel=None, target="tier"),
    ]
    page = Reader(decisions_html(made))
    assert "3 decisions: 2 sent, 1 capped" in page.text
    assert page.rows == [
        ["time (UTC)", "user", "rule", "step", "action", "status", "reason", "variant", "text"],
        ["1970-01-01T00:00:00Z", "u1", "hello", "1", "send push", "sent", "", "", "Hello"],
        ["1970-01-01T00:00:01.500000Z", "u2", "hello", "1", "send push", "capped", "cap 1 per day", "", ""],
        ["1970-01-01T00:00:00Z", "u3", "hello", "1", "set tier", "sent", "", "", ""],
    ]


def test_what_a_table_leaves_out_is_counted_below_it() -> None:
    full = Reader(decisions_html([decision(n) for n in range(MOST_ROWS)]))
    assert len(full.rows) == MOST_ROWS + 1
    assert "more" not in full.text
    over = Reader(decisions_html([decision(n) for n in range(MOST_ROWS + 1)]))
    assert len(over.rows) == MOST_ROWS + 1
    assert "… and 1 more" in over.text


def test_no_decisions_are_shown_as_none() -> None:
    assert Reader(decisions_html([])).text == "0 decisions"


def test_no_text_of_a_decision_becomes_markup() -> None:
    html = decisions_html([decision(user=EVIL, rule=EVIL, text=EVIL, reason=EVIL, variant=EVIL, channel=EVIL)])
    page = Reader(html)
    assert "script" not in page.tags
    assert page.text.count(EVIL) == 6


def test_a_program_is_shown_as_it_is_written_in_colours() -> None:
    rules = f'\nrule hello: # {EVIL}\n  if signup and plan == "<gold>" then send push "Hi"\n'
    html = trigdsl.parse(rules, name="<a>.trig")._repr_html_()
    assert html is not None
    page = Reader(html)
    assert page.text == "<a>.trig" + rules
    assert '<span class="k">if</span>' in html
    assert "warnings" not in page.text


def test_warnings_stand_below_a_program() -> None:
    program = trigdsl.parse("rule a: if cart then send push\nif visit then send sms", name="shop.trig")
    html = program._repr_html_()
    assert html is not None
    page = Reader(html)
    assert "warnings: 1" in page.text
    assert "shop.trig:2:1: warning[unnamed-rule]" in page.text


def test_all_files_of_a_folder_are_shown_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "b.trig").write_text("rule later: if b then send push\n")
    (tmp_path / "a.trig").write_text("rule sooner: if a then send push\n")
    html = trigdsl.load(tmp_path)._repr_html_()
    assert html is not None
    text = Reader(html).text
    assert text.index("a.trig") < text.index("sooner") < text.index("b.trig") < text.index("later")


def test_the_text_form_of_a_program_is_short() -> None:
    assert repr(trigdsl.parse("")) == "<Program of 0 rules>"
    assert repr(trigdsl.parse("rule a: if a then send push")) == "<Program of 1 rule: a>"
    many = "\n".join(f"rule {name}: if a then send push" for name in ("a", "b", "c", "d"))
    assert repr(trigdsl.parse(many)) == "<Program of 4 rules: a, b, c, …>"


def test_an_explanation_shows_what_its_text_says() -> None:
    program = explainer.parse(
        f"""
        rule hello: if signup then after 1h send push "{EVIL}" unless login
        rule gold: if signup and score > 200 then send sms
        """
    )
    records = [
        {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "signup", "properties": {"score": 198}},
        {"user": "u", "time": "2026-11-20T10:30:00Z", "event": "login"},
    ]
    told = program.explain(records, user="u")
    html = told._repr_html_()
    page = Reader(html)
    assert "script" not in page.tags
    for line in told.lines:
        assert line.text in page.text
        assert all(detail in page.text for detail in line.details)
    assert {silence.rule for silence in told.silences} == {"hello", "gold"}
    for silence in told.silences:
        [row] = [row for row in page.rows if row[0] == silence.rule]
        assert row[3] == f"{silence.text}needed: {silence.change}"
    assert program._repr_html_() == program.program._repr_html_()


def test_an_explanation_of_nothing_says_so() -> None:
    told = explainer.parse("rule a: if a then send push").explain([], user="<u>")
    assert "user <u>" in Reader(told._repr_html_()).text
    assert "no input of this user matters here" in Reader(told._repr_html_()).text
