"""The one form: where lines break, what is aligned, where blank lines stand."""

from __future__ import annotations

import pytest

from trigdsl.formatter import UnformattableError, format_text
from trigdsl.source import Source


def formatted(text: str) -> str:
    return format_text(Source("<test>", text))


def lines(text: str) -> list[str]:
    return formatted(text).splitlines()


# One line or several


def test_a_short_rule_is_one_line() -> None:
    assert lines('rule r  "T":\nif e\nthen\tsend push "x"\n once') == ['rule r "T": if e then send push "x" once']


def test_a_rule_with_a_name_is_one_line_up_to_105_cells() -> None:
    start = 'rule r: if e then send push "'
    fits = start + "x" * (104 - len(start)) + '"'
    assert len(fits) == 105
    assert lines(fits) == [fits]
    assert lines(fits.replace("x", "xx", 1))[0] == "rule r:"


def test_the_blocks_of_a_tour() -> None:
    text = """\
timezone "Asia/Seoul"  # for users who have none of their own

event purchase = "Order Completed" { total: number, items: list, cart.id: text }

channel push:
  between 09:00-21:00 local
  cap 2 per day
  requires user.push_opt_in
channel sms:
  cap 1 per 7d
cap all 5 per 7d

rule cart_reminder "Abandoned cart":
  if cart_abandoned and no purchase in last 1d
  then after 30m send push
    when cart.value > 200: "Your {{ cart.items | length }} items ship free today"
    when cart.value < 10:  "Almost there: your basket is waiting"
    otherwise:             "You left something behind"
  unless purchase
  expires 12h
  for each cart.id
  while pending restart for at most 24h
  tag cart

rule hundred:  if 100th session_start then send in_app "100 visits. Thank you!"
rule birthday: if every year on user.birthday at 09:00 then send email template "birthday.j2"
rule sale:     if every sale_days at 10:00 and user not in unsubscribed then send push "Today only" urgent

rule welcome:
  if signup
  then send email with { subject: "Welcome", body: template "welcome.j2" }
  then after 1 calendar day at 10:00 if no onboarding_completed ever send push "Two steps left" not on holidays_kr
  stop on onboarding_completed

test "a purchase cancels the reminder":
  user { timezone: "Asia/Seoul", push_opt_in: true, name: "Mina" }
  2026-11-20 10:00 cart_abandoned { cart: { id: "c1", value: 250, items: ["a", "b"] } }
  +20m             purchase { total: 250, cart: { id: "c1" } }
  expect no sends
"""
    assert formatted(text) == text
    assert formatted(" ".join(text.split("\n\n", 1)[1].split("\n"))).split() == text.split("\n\n", 1)[1].split()


def test_a_rule_without_a_name_is_one_line_up_to_120_cells() -> None:
    start = 'if e then send push "'
    fits = start + "x" * (119 - len(start)) + '"'
    assert lines(fits) == [fits]
    assert lines(fits.replace("x", "xx", 1)) == ["if e", f'  then send push "{"x" * (120 - len(start))}"']


def test_wide_characters_count_as_two() -> None:
    start = 'if e then send push "'
    hangul = "가" * ((119 - len(start)) // 2)
    assert len(lines(f'{start}{hangul}"')) == 1
    assert len(lines(f'{start}{hangul}가"')) == 2


def test_a_rule_of_three_modifiers_or_clauses_has_a_line_for_each() -> None:
    assert lines("if e then send push unless f once") == ["if e then send push unless f once"]
    assert lines("rule r: if e then send push unless f once tag t") == [
        "rule r:",
        "  if e",
        "  then send push",
        "  unless f",
        "  once",
        "  tag t",
    ]


def test_modifiers_of_one_of_several_steps_stay_behind_it() -> None:
    assert lines("rule r: if e then send push unless f on mon then after 1d send sms stop on g") == [
        "rule r:",
        "  if e",
        "  then send push unless f on mon",
        "  then after 1d send sms",
        "  stop on g",
    ]


def test_modifiers_of_one_of_several_steps_stand_further_in_when_they_are_too_long() -> None:
    text = "x" * 90
    assert lines(f'if e then send push "{text}" unless f between 09:00-10:00 else skip then send sms') == [
        "if e",
        f'  then send push "{text}"',
        "    unless f",
        "    between 09:00-10:00 else skip",
        "  then send sms",
    ]


def test_what_belongs_together_stays_in_one_line() -> None:
    text = "rule r: if e then send push urgent once for each k from 2026-01-01 until 2026-02-01 tag t goal f within 1d"
    assert lines(text) == [
        "rule r:",
        "  if e",
        "  then send push urgent",
        "  once for each k",
        "  from 2026-01-01 until 2026-02-01",
        "  tag t",
        "  goal f within 1d",
    ]


def test_long_conditions_break_before_their_loosest_operator() -> None:
    a, b, c = (f"{letter * 30} == 1" for letter in "abc")
    assert lines(f"rule r: if e and {a} and ({b} or {c}) and d == 2 then send push") == [
        "rule r:",
        "  if e",
        f"    and {a}",
        f"    and ({b} or {c})",
        "    and d == 2",
        "  then send push",
    ]
    assert lines(f"segment s = {a} or {b} and {c} or {a} == 1 and {b}".replace(" == 1 == 1", " == 1")) == [
        f"segment s = {a}",
        f"  or {b} and {c}",
        f"  or {a} and {b}",
    ]


def test_conditions_in_brackets_break_when_they_have_to() -> None:
    a, b, c, d = (f"{letter * 30} == 1" for letter in "abcd")
    assert lines(f"segment s = x == 1 and ({a} or {b} or {c} or {d})") == [
        "segment s = x == 1",
        f"  and ({a}",
        f"    or {b}",
        f"    or {c}",
        f"    or {d})",
    ]


def test_a_long_step_breaks_behind_its_guard_and_between_its_actions() -> None:
    text = "x" * 70
    assert lines(f'if e then after 1d if f ever and user.a exists send push "{text}" then add to l') == [
        "if e",
        "  then after 1d if f ever and user.a exists",
        f'    send push "{text}"',
        "  then add to l",
    ]
    text = "x" * 90
    assert lines(f'if e then add to l, call f(a: 1), send push "{text}" then add to l') == [
        "if e",
        "  then add to l,",
        "    call f(a: 1),",
        f'    send push "{text}"',
        "  then add to l",
    ]


def test_long_records_have_a_line_for_each_entry() -> None:
    text = "x" * 50
    assert lines(f'rule r: if e then send email with {{ subject: "{text}", body: "{text}" }} urgent once') == [
        "rule r:",
        "  if e",
        "  then send email with {",
        f'    subject: "{text}",',
        f'    body: "{text}"',
        "  } urgent",
        "  once",
    ]


def test_long_lists_and_declared_fields_are_filled() -> None:
    dates = [f"2026-01-{day:02}" for day in range(1, 13)]
    assert lines(f"calendar c = [{','.join(dates)},]") == [
        "calendar c = [",
        f"  {', '.join(dates[:9])},",
        f"  {', '.join(dates[9:])}",
        "]",
    ]
    fields = [f"field_{number}: number" for number in range(10)]
    assert lines(f"user {{{','.join(fields)}}}") == [
        "user {",
        f"  {', '.join(fields[:7])},",
        f"  {', '.join(fields[7:])}",
        "}",
    ]


def test_a_channel_has_a_line_for_each_policy() -> None:
    assert lines("channel push: cap 2 per day requires user.ok channel sms:") == [
        "channel push:",
        "  cap 2 per day",
        "  requires user.ok",
        "channel sms:",
    ]


# Tables


def test_variants_are_a_table() -> None:
    assert lines('if e then send push when a > 200: "A" when b as big: nothing otherwise: "C" with { d: 1 }') == [
        "if e",
        "  then send push",
        '    when a > 200:  "A"',
        "    when b as big: nothing",
        '    otherwise:     "C"',
        "    with { d: 1 }",
    ]


def test_a_variant_that_is_too_long_has_its_text_below() -> None:
    text = "x" * 105
    assert lines(f'if e then send push when a > 200: "{text}" otherwise: "C"') == [
        "if e",
        "  then send push",
        "    when a > 200:",
        f'      "{text}"',
        '    otherwise: "C"',
    ]


def test_a_table_that_would_need_too_many_blanks_is_none() -> None:
    name = "n" * 43
    assert lines(f'if e then send push when {name}: "A" otherwise: "C"')[2:] == [
        f'    when {name}: "A"',
        f'    otherwise:{" " * 40}"C"'.replace(" " * 40, " " * (len(name) - 4 + 1)),
    ]
    assert lines(f'if e then send push when {name}nnn: "A" otherwise: "C"')[3] == '    otherwise: "C"'


def test_the_moments_of_a_test_are_a_table() -> None:
    assert lines('test "t": 2026-11-20 10:00 e { a: 1 } +20m set user.p = 1 expect 1 sends +1h f expect no send') == [
        'test "t":',
        "  2026-11-20 10:00 e { a: 1 }",
        "  +20m             set user.p = 1",
        "  expect 1 send",
        "  +1h f",
        "  expect no sends",
    ]


def test_short_rules_and_invariants_next_to_each_other_are_tables() -> None:
    text = "rule a: if e then send push\nrule long: if e then send push\n\nrule other: if e then send push\n"
    assert lines(text) == [
        "rule a:    if e then send push",
        "rule long: if e then send push",
        "",
        "rule other: if e then send push",
    ]
    assert lines("invariant a: at most 3 sends per 1d invariant abc: no send between 21:00-09:00") == [
        "invariant a:   at most 3 sends per 1d",
        "invariant abc: no send between 21:00-09:00",
    ]


# Comments and blank lines


def test_comments_behind_adjacent_lines_are_aligned() -> None:
    assert lines("list a # one\nlist bcd # two\nlist c\nlist efghi #three  \n\nlist z # four") == [
        "list a    # one",
        "list bcd  # two",
        "list c",
        "list efghi  #three",
        "",
        "list z  # four",
    ]


def test_comments_break_a_rule_and_keep_their_places() -> None:
    text = """# first
rule r: # header
 # about the trigger
 if e # trigger
 and (a # inner
 or b) then # odd
 send push
 # last
"""
    assert lines(text) == [
        "# first",
        "rule r:  # header",
        "  # about the trigger",
        "  if e      # trigger",
        "    and (a  # inner",
        "      or b)",
        "  then  # odd",
        "    send push",
        "  # last",
    ]


def test_a_comment_at_the_edge_behind_a_rule_belongs_to_what_follows() -> None:
    text = "rule r: if e then send push once tag t until 2026-01-01\n  # of r\n# of s\nrule s: if e then send push"
    assert lines(text)[-4:] == ["  # of r", "", "# of s", "rule s: if e then send push"]


def test_a_last_comma_goes_and_its_comments_stay() -> None:
    assert lines("user { a: text, # one\n b: text # two\n , # three\n # four\n}") == [
        "user {",
        "  a: text,  # one",
        "  b: text   # two",
        "  # three",
        "  # four",
        "}",
    ]


def test_blank_lines_between_items_are_none_or_one() -> None:
    assert lines("\n\nlist a\nlist b\n\n\n\nlist c\n# x\n\n\n# y\nlist d\n\n") == [
        "list a",
        "list b",
        "",
        "list c",
        "# x",
        "",
        "# y",
        "list d",
    ]


def test_rules_and_tests_of_several_lines_stand_between_blank_lines() -> None:
    text = 'list a\nrule r:\n if e then send push\n then send sms\nlist b\n# why\ntest "t": +1d e expect r'
    assert lines(text) == [
        "list a",
        "",
        "rule r:",
        "  if e",
        "  then send push",
        "  then send sms",
        "",
        "list b",
        "",
        "# why",
        'test "t":',
        "  +1d e",
        "  expect r",
    ]


def test_blank_lines_stay_between_the_lines_of_a_test_and_nowhere_else_in_an_item() -> None:
    assert lines('test "t":\n\n  +1d e\n\n\n  # then\n\n  +1d f\n  expect r') == [
        'test "t":',
        "  +1d e",
        "",
        "  # then",
        "",
        "  +1d f",
        "  expect r",
    ]
    assert lines("channel c:\n\n cap 1 per day\n\n limit 3 characters") == [
        "channel c:",
        "  cap 1 per day",
        "  limit 3 characters",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", " \t"])
def test_nothing_is_nothing(text: str) -> None:
    assert formatted(text) == ""


def test_comments_alone() -> None:
    assert formatted("\n # a\n\n\n#b\r\n") == "# a\n\n#b\n"


# Words


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("if e then after 30 minutes send a", "if e then after 30m send a"),
        ("if e then after 1 hour send a", "if e then after 1h send a"),
        ("if e then after 01h030m send a", "if e then after 1h30m send a"),
        ("if 1st e then send a", "if first e then send a"),
        ("if 02th e then send a", "if 2nd e then send a"),
        ("if every 1th e then send a", "if every 1st e then send a"),
        ("if every 23th e then send a", "if every 23rd e then send a"),
        ("if e then at 09:00:00 send a", "if e then at 09:00 send a"),
        ("if e then at 09:00:30 send a", "if e then at 09:00:30 send a"),
        ("if e then after 1 calendar days at 09:00 send a", "if e then after 1 calendar day at 09:00 send a"),
        ("if e then after 2 calendar day at 09:00 send a", "if e then after 2 calendar days at 09:00 send a"),
        ("if e then send a not\n on b", "if e then send a not on b"),
        ("if e then send a priority - 2", "if e then send a priority -2"),
        ("if e and - a-(- 2)<lower ( b ) then send a", "if e and -a - (-2) < lower(b) then send a"),
        ("if e and (f where a).p==1 then send a", "if e and (f where a).p == 1 then send a"),
        ("if e and a in[1,2 ] then emit x{}", "if e and a in [1, 2] then emit x {}"),
        ("if e then call f ( a:1,b : [ ] )", "if e then call f(a: 1, b: [])"),
        ("if e then send a between 09:00 - 10:00 , 11:00 -12:00", "if e then send a between 09:00-10:00, 11:00-12:00"),
        ("if first(e or f)then send a", "if first (e or f) then send a"),
        ("if e and first (e.p)==1 then send a", "if e and first(e.p) == 1 then send a"),
    ],
)
def test_words_have_one_spelling(written: str, form: str) -> None:
    assert formatted(written.replace("(f where a).p==1", "min((f where a).p)==1")) == (
        form.replace("(f where a).p == 1", "min((f where a).p) == 1") + "\n"
    )


def test_a_text_over_several_lines_moves_with_its_line() -> None:
    assert lines('if e then send push """\n one\n\n   two\\u0041\n """ once') == [
        "if e",
        '  then send push """',
        "    one",
        "",
        "      two\\u0041",
        '    """',
        "  once",
    ]
    assert lines('if e then send push when a: """b\r\n  c"""')[2:] == ['    when a: """b', '      c"""']


def test_a_text_with_mistakes_has_no_form() -> None:
    with pytest.raises(UnformattableError) as error:
        formatted("list a\nif e then sedn push\nsegment s = a >")
    assert [found.span.text for found in error.value.diagnostics] == ["sedn", ">"]
