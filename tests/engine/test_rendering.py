"""Templates: what they see, how values print, what is missing, and what stays Jinja's."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from trigdsl.engine.rendering import MissingValue, Template, TemplateFailure, is_plain
from trigdsl.model.values import HOUR, instant, micros

NOW = micros(datetime(2026, 11, 20, 15, 30, tzinfo=UTC))


class Seoul:
    def local(self, at: int) -> int:
        return at + 9 * HOUR

    def date(self, at: int) -> date:
        return instant(at + 9 * HOUR).date()


def render(text, event=None, user=None, functions=None):
    context = SimpleNamespace(
        event=event,
        user=user or {},
        rule_name="cart_reminder",
        rule_title="Abandoned cart",
        now=NOW,
        zone=Seoul(),
        functions=functions or {},
    )
    return Template(text).render(context)


def missing(text, event=None, user=None, functions=None):
    with pytest.raises(MissingValue) as caught:
        render(text, event, user, functions)
    return caught.value.path


def failure(text, event=None, user=None, functions=None):
    with pytest.raises(TemplateFailure) as caught:
        render(text, event, user, functions)
    return caught.value.message


# What a template sees


def test_a_text_without_code_is_itself():
    assert render("50% off {today} }}") == "50% off {today} }}"
    assert render("") == ""
    assert is_plain("a } } { %")
    assert [is_plain(text) for text in ("{{ a }}", "{% a %}", "{# a #}")] == [False, False, False]


def test_one_line_break_at_the_end_is_dropped_with_and_without_code():
    assert render("a\n\n") == "a\n"
    assert render("{{ 'a' }}\n\n") == "a\n"
    assert render("a\r\nb\r\n") == render("{{ 'a' }}\r\nb\r\n") == "a\nb"


def test_names_of_the_event_the_user_and_the_rule():
    event = {"total": 5, "user": {"name": "of the event"}, "now": 1}
    user = {"name": "Mina", "total": 7}
    assert render("{{ total }} {{ event.total }} {{ trigger.total }}", event, user) == "5 5 5"
    assert render("{{ user.name }} {{ event.user.name }} {{ user.total }}", event, user) == "Mina of the event 7"
    assert render("{{ rule.name }}: {{ rule.title }}") == "cart_reminder: Abandoned cart"
    assert render("{{ event.now }} {{ now }}", event) == "1 2026-11-20T15:30:00Z"


def test_local_is_the_users_clock_and_calendar():
    text = "{{ local.hour }} {{ local.minute }} {{ local.weekday }} {{ local.date }} {{ local.day }} {{ local.month }}"
    assert render(text) == "0 30 sat 2026-11-21 21 11"
    assert missing("{{ local.year }}") == "local.year"


def test_a_records_own_keys_come_before_anything_else():
    event = {"cart": {"items": ["a", "b"], "keys": "k", "get": "g", "__class__": "c"}}
    assert render("{{ cart.items | length }} {{ cart.keys }} {{ cart.get }} {{ cart.__class__ }}", event) == "2 k g c"
    assert render("{{ cart['items'][1] }} {{ cart.items.0 }} {{ cart.items[-1] }}", event) == "b a b"


def test_a_key_can_be_computed():
    assert render("{{ user[field] }}", {"field": "tier"}, {"tier": "gold"}) == "gold"
    assert missing("{{ user[field] }}", {"field": "nope"}, {"tier": "gold"}) == "user[field]"


def test_functions_of_the_host():
    functions = {"double": lambda x: x * 2, "nothing": lambda: None, "broken": lambda: 1 / 0}
    assert render("{{ double(n) + 1 }}", {"n": 2}, functions=functions) == "5"
    assert missing("{{ double(n) }}", functions=functions) == "n"
    assert missing("{{ nothing() }}", functions=functions) == "nothing()"
    assert render("{{ nothing() | default('-') }}", functions=functions) == "-"
    assert failure("{{ broken() }}", functions=functions) == "`broken` failed: ZeroDivisionError"
    assert failure("{{ unknown() }}") == "there is no function `unknown`"
    assert failure("{{ range(3) }}") == "there is no function `range`"


# Printing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (10, "10"),
        (10.0, "10"),
        (-0.0, "0"),
        (19.99, "19.99"),
        (0.1 + 0.2, "0.30000000000000004"),
        (2.0**53, "9007199254740992"),
        (2**53 + 1, "9007199254740993"),
        (1e300, "1e+300"),
        (datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC), "2026-11-20T01:02:03Z"),
        (datetime(2026, 11, 20, 1, 2, 3, 500_000, tzinfo=UTC), "2026-11-20T01:02:03.500000Z"),
        (date(2026, 11, 20), "2026-11-20"),
        (timedelta(hours=1, minutes=30), "1h30m"),
        (["a", 1.0, None, True, "é"], '["a", 1, null, true, "é"]'),
        ({"a": {"at": date(2026, 11, 20), "for": timedelta(hours=1)}}, '{"a": {"at": "2026-11-20", "for": "1h"}}'),
        ([], "[]"),
    ],
)
def test_how_values_print(value, text):
    assert render("{{ x }}", {"x": value}) == text
    assert render("{{ x ~ '' }}", {"x": value}) == text


def test_what_is_no_value_does_not_print():
    assert failure("{% for x in [1] %}{{ loop }}{% endfor %}") == "a loop cannot be printed"
    assert failure("{% macro m() %}{% endmacro %}{{ m }}") == "a macro cannot be printed"
    assert failure("{{ namespace(a=1) }}") == "a namespace cannot be printed"


# Missing values


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ user.name }}", "user.name"),
        ("{{ items }}", "items"),
        ("{{ cart.total }}", "cart.total"),
        ("{{ user.address.city }}", "user.address.city"),
        ("{{ cart.items[0].name }}", "cart.items[0].name"),
        ("{{ user['first name'] }}", "user['first name']"),
        ("{{ event.x }}", "event.x"),
        ("{{ user.name | upper }}", "user.name"),
        ("{{ user.name | upper | default('x') }}", "user.name"),
        ("{% if user.name %}a{% endif %}", "user.name"),
        ("{% if not user.name %}a{% endif %}", "user.name"),
        ("{% if user.name == 'x' %}a{% endif %}", "user.name"),
        ("{% for i in cart.items %}{% endfor %}", "cart.items"),
        ("{% for i in [1] %}{{ i.name }}{% endfor %}", "i.name"),
        ("{% set x = user.name %}", "user.name"),
        ("{{ 'a' ~ user.name }}", "user.name"),
        ("{{ user.n + 1 }}", "user.n"),
        ("{{ user.name or 'x' }}", "user.name"),
        ("{{ [user.name] | length }}", "user.name"),
        ("{{ 'x' | replace('x', user.name) }}", "user.name"),
        ("{{ [] | first }}", "[] | first"),
        ("{{ 1 / 0 }}", "1 / 0"),
        ("{{ 'text'.upper }}", "'text'.upper"),
        ("{{ none }}", "none"),
    ],
)
def test_reading_something_missing_names_it_as_the_template_writes_it(text, path):
    assert missing(text, {}, {}) == path
    assert missing(text, None, {"name": None}) == path


def test_null_is_missing_wherever_it_stands():
    event = {"cart": {"items": None}, "list": ["a", None], "rows": [{"name": None}]}
    assert missing("{{ cart.items }}", event) == "cart.items"
    assert missing("{{ list[1] }}", event) == "list[1]"
    assert missing("{% for i in list %}{{ i }}{% endfor %}", event) == "i"
    assert missing("{{ list | join(',') }}", event) == "list"
    assert missing("{{ rows | map(attribute='name') | join(',') }}", event) == "name"


def test_default_and_is_defined_look_at_missing_values_calmly():
    event = {"cart": {"total": None, "empty": ""}}
    assert render("{{ cart.total | default('none') }}", event) == "none"
    assert render("{{ cart.nope.deeper[3].still | default('none') }}", event) == "none"
    assert render("{{ nope | d(0) + 1 }}", event) == "1"
    assert render("{{ cart.empty | default('none') }}|{{ cart.empty | default('none', true) }}", event) == "|none"
    assert render("{{ (1 / 0) | default('none') }}") == "none"
    assert (
        render("{{ nope is defined }} {{ nope is undefined }} {{ cart.empty is defined }}", event) == "false true true"
    )
    assert render("{{ cart.total is not defined }}", event) == "true"
    assert missing("{{ nope | default(user.name) }}", event) == "user.name"
    assert render("{{ nope | default(user.name) | default('x') }}", event) == "x"
    assert render("{{ cart.empty | default(user.name) }}|{{ nope | default }}", event) == "|"
    assert render("{{ (nope if true else 1) | default('x') }}", event) == "x"
    assert missing("{{ nope if true else 1 }}", event) == "nope"


# Operators


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ n / 2 }} {{ n / 4 }} {{ n // 4 }} {{ n % 4 }} {{ -n }} {{ +n }} {{ n ** 2 }}", "5 2.5 2 2 -10 10 100"),
        ("{{ 2 + 3 * 4 - 1 }}", "13"),
        ("{{ 'a' + 'b' }} {{ '-' * 3 }} {{ [1] + [2] }}", "ab --- [1, 2]"),
        ("{{ 1 == 1.0 }} {{ 1 == '1' }} {{ 1 != '1' }} {{ true == 1 }}", "true false true false"),
        ("{{ 1 < 2 < 3 }} {{ 3 > 2 >= 2 }} {{ 'a' <= 'b' }}", "true true true"),
        ("{{ 'b' in 'abc' }} {{ 1 in [1, 2] }} {{ 'a' not in {'a': 1} }}", "true true false"),
        ("{{ 'yes' if n > 5 else 'no' }} {{ 'yes' if n > 50 }}|", "yes |"),
        ("{{ '' or 'b' }} {{ 'a' and 'b' }} {{ not '' }}", "b b true"),
        ("{{ 'abcdef'[1:3] }} {{ [1, 2, 3][:2] }} {{ 'abc'[::-1] }}", "bc [1, 2] cba"),
        ("{{ '%.2f' % 3.14159 }} {{ '%s has %d' % ('a', 5) }} {{ '100%%' % () }}", "3.14 a has 5 100%"),
        ("{{ user.joined < local.date }} {{ user.joined == local.date }}", "true false"),
        ("{{ now - now }}", "0s"),
    ],
)
def test_operators(text, expected):
    assert render(text, {"n": 10}, {"joined": "2026-11-20"}) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 1 + 'a' }}", "`+` does not fit number and text"),
        ("{{ 'a' - 1 }}", "`-` does not fit text and number"),
        ("{{ true + 1 }}", "`+` does not fit boolean and number"),
        ("{{ 1 < 'a' }}", "`<` does not fit number and text"),
        ("{{ 1 in 2 }}", "`in` does not fit number and number"),
        ("{{ -'a' }}", "`-` does not fit text"),
        ("{{ 10 ** 400 }}", "`**` gives no finite number"),
        ("{{ '%d' % 'a' }}", "a format does not fit text"),
        ("{{ '%d %d' % 1 }}", "a format has more places than values"),
        ("{% for x in 5 %}{% endfor %}", "number has no elements"),
        ("{% set a, b = [1] %}", "list has not the 2 parts that names are given to"),
        ("{{ [1, 'a'] | sort }}", "`sort`, `min` and `max` want values of one type"),
        ("{{ 'abc' | truncate('x') }}", "the filter `truncate` does not fit text and its arguments"),
    ],
)
def test_what_does_not_fit_fails_in_one_short_line(text, message):
    assert failure(text) == message


# Filters and tests


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'aB' | upper }} {{ 'aB' | lower }} {{ 'aB c' | capitalize }} {{ 'o-b c' | title }}", "AB ab Ab c O-B C"),
        ("{{ '  a ' | trim }}|{{ 'xax' | trim('x') }}|{{ 5 | upper }}", "a|a|5"),
        ("{{ 'a b' | replace(' ', '_') }} {{ 'aaa' | replace('a', 'b', 2) }}", "a_b bba"),
        ("{{ 'one two three' | truncate(7) }} {{ 'one two three' | truncate(9, true, '…', 0) }}", "one... one two …"),
        ("{{ 'one two' | truncate(3) }}", "one two"),
        ("{{ 'a' | center(5) }}|{{ 'a\nb' | indent(2) }}|{{ 'a b c' | wordcount }}", "  a  |a\n  b|3"),
        ("{{ '<a href=\"x\">' | e }} {{ '<' | safe }}", "&lt;a href=&#34;x&#34;&gt; <"),
        ("{{ 'a b/ü' | urlencode }} {{ {'q': 'a b', 'n': 1} | urlencode }}", "a%20b/%C3%BC q=a+b&n=1"),
        ("{{ '%s-%05d' | format('a', 42) }} {{ '%(x)s' | format(x=1) }}", "a-00042 1"),
        ("{{ [1, 'a'] | tojson }} {{ {'a': 1} | tojson(1) }}", '[1, "a"] {\n "a": 1\n}'),
        (
            "{{ '12' | int + 1 }} {{ 'x' | int(7) }} {{ '2.9' | int }} {{ '1.5' | float }} {{ 'x' | float }}",
            "13 7 2 1.5 0",
        ),
        ("{{ 2.5 | round }} {{ -2.5 | round }} {{ 2.345 | round(1) }} {{ 1250 | round(-2) }}", "3 -3 2.3 1300"),
        ("{{ 2.1 | round(0, 'ceil') }} {{ 2.9 | round(method='floor') }} {{ -3 | abs }}", "3 2 3"),
        (
            "{{ [3, 1] | sort }} {{ ['b', 'A'] | sort }} {{ ['b', 'A'] | sort(reverse=true) }}",
            '[1, 3] ["A", "b"] ["b", "A"]',
        ),
        (
            "{{ [3, 1] | min }} {{ [3, 1] | max }} {{ [3, 1] | sum }} {{ [3, 1] | first }} {{ [3, 1] | last }}",
            "1 3 4 3 1",
        ),
        ("{{ ['a', 'A', 'b'] | unique }} {{ [1, true] | unique }}", '["a", "b"] [1, true]'),
        ("{{ 'abc' | reverse }} {{ [1, 2] | reverse }} {{ 'ab' | list }}", 'cba [2, 1] ["a", "b"]'),
        ("{{ [1, 2, 3] | batch(2) }} {{ [1, 2, 3] | batch(2, 0) }}", "[[1, 2], [3]] [[1, 2], [3, 0]]"),
        (
            "{{ [1, 2, 3, 4] | slice(3) }} {{ [1, 2, 3, 4] | slice(3, 0) }}",
            "[[1, 2], [3], [4]] [[1, 2], [3, 0], [4, 0]]",
        ),
        ("{{ rows | map(attribute='city') | join(', ') }}", "Seoul, Oslo, Seoul"),
        ("{{ rows | map(attribute='zip', default='?') | join }} {{ ['a'] | map('upper') }}", '1?? ["A"]'),
        ("{{ rows | selectattr('n', '>', 1) | map(attribute='n') }} {{ rows | sum(attribute='n') }}", "[2, 3] 6"),
        (
            "{{ rows | rejectattr('zip', 'defined') | length }} {{ [0, 1] | select }} {{ [1, 2] | reject('odd') }}",
            "2 [1] [2]",
        ),
        ("{% for c, r in rows | groupby('city') %}{{ c }}{{ r | length }} {% endfor %}", "Oslo1 Seoul2 "),
        ("{% for k, v in {'b': 1, 'a': 2} | dictsort %}{{ k }}{{ v }}{% endfor %}", "a2b1"),
        ("{% for k, v in {'b': 1, 'a': 2} | items %}{{ k }}{{ v }}{% endfor %}", "b1a2"),
        (
            "{{ 4 is even }} {{ 4 is odd }} {{ 9 is divisibleby 3 }} {{ 'a' is string }} {{ true is number }}",
            "true false true true false",
        ),
        (
            "{{ {} is mapping }} {{ 1 is in [1] }} {{ 5 is gt 4 }} {{ 'a' is lower }} {{ true is true }}",
            "true true true true true",
        ),
    ],
)
def test_filters_and_tests(text, expected):
    rows = [{"city": "Seoul", "n": 1, "zip": 1}, {"city": "Oslo", "n": 2}, {"city": "Seoul", "n": 3}]
    assert render(text, {"rows": rows}) == expected


# Statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if n > 5 %}a{% elif n > 1 %}b{% else %}c{% endif %}", "b"),
        ("{% for i in [] %}a{% else %}none{% endfor %}", "none"),
        (
            "{% for i in [1, 2, 3] if i != 2 %}{{ loop.index }}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}",
            "11,23",
        ),
        (
            "{% for i in 'ab' %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.length }} {% endfor %}",
            "02true2 11false2 ",
        ),
        ("{% for i in [1, 2] %}{{ loop.previtem | d('-') }}{{ loop.nextitem | d('-') }}{% endfor %}", "-21-"),
        ("{% for i in [1, 1, 2] %}{{ loop.cycle('a', 'b') }}{{ 'c' if loop.changed(i) }}{% endfor %}", "acbac"),
        ("{% for i in [1, 2] %}{% for j in [1] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}", "1112"),
        ("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21"),
        ("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2"),
        ("{% set ns = namespace(t=0) %}{% for i in [1, 2] %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}", "3"),
        ("{% set a, b = [1, 2] %}{{ b }}{{ a }}", "21"),
        ("{% set x %}a{{ n }}{% endset %}{{ x }} {% set y | upper %}a{% endset %}{{ y }}", "a2 A"),
        ("{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a | d('-') }}", "12-"),
        ("{% filter upper | replace('A', 'x') %}a{{ n }}b{% endfilter %}", "x2B"),
        (
            "{% macro m(a, b='-') %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}",
            "[1-][12][43]",
        ),
        ("{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}in{{ n }}{% endcall %}", "<in2>"),
        ("{% macro m() %}{{ caller('x') }}{% endmacro %}{% call(a) m() %}{{ a }}{% endcall %}", "x"),
        ("{% macro f(k) %}{{ k }}{{ f(k - 1) if k > 1 }}{% endmacro %}{{ f(3) }}", "321"),
        ("{# a comment #}a {%- if true %} b {%- endif %}", "a b"),
        ("{% raw %}{{ n }}{% endraw %}", "{{ n }}"),
    ],
)
def test_statements(text, expected):
    assert render(text, {"n": 2}) == expected


def test_a_name_that_the_template_sets_hides_the_property_only_from_there_on():
    assert render("{{ n }}{% set n = 5 %}{{ n }}", {"n": 2}) == "25"
    assert render("{% for n in [7] %}{{ n }}{% endfor %}{{ n }}", {"n": 2}) == "72"
    assert render("{% for user in ['Ann'] %}{{ user }}{% endfor %}{{ user.name }}", {}, {"name": "Mina"}) == "AnnMina"


def test_a_parameter_without_argument_is_missing():
    assert missing("{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", {"a": 1}) == "a"
    assert failure("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}") == "wrong arguments for the macro `m`"
    assert failure("{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}") == "wrong arguments for the macro `m`"


def test_a_template_that_is_none_fails_at_every_rendering():
    template = Template("{% if %}")
    context = SimpleNamespace(event={}, user={}, functions={})
    for _ in range(2):
        with pytest.raises(TemplateFailure, match=r"expected an expression, got .*\(line 1\)"):
            template.render(context)


def test_templates_are_equal_by_text_and_can_be_pickled():
    template = Template("{{ n }}")
    context = SimpleNamespace(event={"n": 1}, user={}, functions={})
    assert template.render(context) == "1"
    again = pickle.loads(pickle.dumps(template))
    assert again == template
    assert again.render(context) == "1"


def test_rendering_leaves_the_values_as_they_are():
    event = {"list": [3, 1, 2], "record": {"b": 1, "a": [2]}}
    text = (
        "{% set list = list | sort %}{{ list + [4] }}{{ record | dictsort }}{{ list | reverse }}{{ record | tojson }}"
    )
    assert render(text, event) == '[1, 2, 3, 4][["a", [2]], ["b", 1]][3, 2, 1]{"b": 1, "a": [2]}'
    assert event == {"list": [3, 1, 2], "record": {"b": 1, "a": [2]}}
