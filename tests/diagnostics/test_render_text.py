"""Diagnostics as people read them."""

from __future__ import annotations

from trigdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from trigdsl.diagnostics.excerpt import cells, underlined_lines, visible
from trigdsl.diagnostics.render_text import render, render_all, summary_line
from trigdsl.source import Source, Span


def span(text: str, part: str, name: str = "rules.trig") -> Span:
    start = text.index(part)
    return Span(Source(name, text), start, start + len(part))


def finding(at: Span, severity: Severity = Severity.ERROR, **more: object) -> Diagnostic:
    return Diagnostic(code="some-code", severity=severity, message="`x` is wrong", span=at, **more)  # type: ignore[arg-type]


def test_place_message_underline_and_help_stand_under_each_other() -> None:
    text = "event cart\nif cart and cart.vlaue > 200 then send push\n"
    shown = render(finding(span(text, "cart.vlaue"), help="write `cart.value`"))
    assert shown.splitlines() == [
        "rules.trig:2:13: error: `x` is wrong [some-code]",
        "    2 | if cart and cart.vlaue > 200 then send push",
        "      |             ^^^^^^^^^^",
        "      = help: write `cart.value`",
    ]


def test_a_label_shows_its_own_line_with_dashes_and_its_text() -> None:
    text = "list vip\nlist vip\n"
    source = Source("rules.trig", text)
    shown = render(finding(Span(source, 14, 17), labels=(Label(Span(source, 5, 8), "first declared here"),)))
    assert shown.splitlines()[3:] == [
        "    1 | list vip",
        "      |      --- first declared here",
    ]


def test_a_label_in_another_file_says_which() -> None:
    label = Label(span("list vip", "vip", "a.trig"), "first declared here")
    shown = render(finding(span("list vip", "vip", "b.trig"), labels=(label,)))
    assert shown.splitlines()[3] == "      in a.trig:1:6"


def test_a_tab_takes_the_cells_up_to_the_next_stop() -> None:
    [line] = underlined_lines(span("a\tif x", "if"))
    assert (line.text, line.start, line.length) == ("a   if x", 4, 2)


def test_a_tab_inside_the_span_is_underlined_whole() -> None:
    [line] = underlined_lines(span("ab\tc", "b\tc"))
    assert (line.text, line.start, line.length) == ("ab  c", 1, 4)


def test_wide_characters_take_two_cells_before_and_inside_the_span() -> None:
    [line] = underlined_lines(span("가격 금액 x", "금액"))
    assert (line.start, line.length) == (5, 4)


def test_combining_characters_take_none() -> None:
    assert cells("e\u0301x") == 2
    [line] = underlined_lines(span("e\u0301 x", "x"))
    assert (line.start, line.length) == (2, 1)


def test_a_span_over_several_lines_underlines_the_first_and_the_last() -> None:
    shown = render(finding(span("if a (b\n or c\n   or d)\nthen x", "(b\n or c\n   or d)")))
    assert shown.splitlines()[1:] == [
        "    1 | if a (b",
        "      |      ^^",
        "  ...",
        "    3 |    or d)",
        "      |    ^^^^^",
    ]


def test_a_span_over_two_lines_leaves_nothing_out() -> None:
    shown = render(finding(span("if a (b\n or c)", "(b\n or c)")))
    assert "..." not in shown


def test_an_empty_span_at_the_end_has_one_caret_behind_the_text() -> None:
    source = Source("-e", "if a")
    assert render(finding(Span(source, 4, 4))).splitlines() == [
        "-e:1:5: error: `x` is wrong [some-code]",
        "    1 | if a",
        "      |     ^",
    ]


def test_an_empty_span_in_an_empty_text_and_behind_the_last_line_break() -> None:
    assert render(finding(Span(Source("-e", ""), 0, 0))).splitlines()[1:] == ["    1 |", "      | ^"]
    assert render(finding(Span(Source("-e", "if a\n"), 5, 5))).splitlines()[1:] == ["    2 |", "      | ^"]


def test_a_span_that_ends_with_the_line_break_stays_on_its_line() -> None:
    [line] = underlined_lines(span("if a\nthen", "a\n"))
    assert (line.number, line.start, line.length) == (1, 3, 1)


def test_control_and_direction_characters_cannot_steer_the_terminal() -> None:
    text = "if \x1b[2J\u202e then"
    shown = render(finding(span(text, "then")))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert visible("a\x1bb\u202e") == "a␛b�"


def test_a_carriage_return_before_the_line_break_is_not_shown() -> None:
    assert underlined_lines(span("if a\r\nthen", "a"))[0].text == "if a"


def test_a_very_long_line_is_cut_around_what_is_underlined() -> None:
    text = "x" * 5_000 + " oops " + "y" * 5_000
    [line] = underlined_lines(span(text, "oops"))
    assert len(line.text) < 200
    assert line.text[line.start : line.start + line.length] == "oops"
    assert line.text.startswith("…")
    assert line.text.endswith("…")


def test_a_span_as_long_as_the_file_is_cut() -> None:
    text = "x" * 5_000
    [line] = underlined_lines(span(text, text))
    assert line.length < 200


def test_line_numbers_of_any_length_keep_the_bars_in_one_column() -> None:
    text = "\n" * 123_455 + "oops"
    lines = render(finding(span(text, "oops"))).splitlines()
    assert lines[1].index("|") == lines[2].index("|")


def test_colour_only_adds_escapes() -> None:
    import re

    at = span("if a", "a")
    coloured = render(finding(at, help="do it"), color=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(finding(at, help="do it"))


def test_several_findings_are_apart_by_a_blank_line() -> None:
    one = finding(span("if a", "a"))
    assert render_all([one, one]) == f"{render(one)}\n\n{render(one)}"


def test_the_summary_counts_errors_and_warnings() -> None:
    at = span("if a", "a")
    error, warning = finding(at), finding(at, Severity.WARNING)
    assert summary_line([error, warning, error]) == "2 errors, 1 warning"
    assert summary_line([warning, warning]) == "2 warnings"
    assert summary_line([error]) == "1 error"
    assert summary_line([]) == "no errors"
