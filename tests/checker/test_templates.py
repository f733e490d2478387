"""What a template reads and calls, and where it is wrong."""

from __future__ import annotations

import pytest

from trigdsl.checker.templates import TemplateSyntaxError, parse_template


def reads(text):
    return {".".join(path) for path in parse_template(text).reads}


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("plain", set()),
        ("{{ user.name }} {{ cart.items[0].name }}", {"user.name", "cart.items"}),
        ("{{ user['first name'] }}", {"user.first name"}),
        ("{{ user | tojson }} {{ event }}", {"user", "event"}),
        ("{{ user[field] }}", {"user", "field"}),
        ("{{ user.name | default(user.nick) | replace(a, b) }}", {"user.name", "user.nick", "a", "b"}),
        ("{{ a if b else c }} {{ d ~ e + f }} {{ [g, {'k': h}] }} {{ -i }}", set("abcdefghi")),
        ("{{ a[1:n] }} {{ x is divisibleby y }}", {"a", "n", "x", "y"}),
        ("{% if a == 1 %}{% elif b %}{{ c }}{% else %}{{ d }}{% endif %}", set("abcd")),
        ("{% for i in cart.items if i.n > n %}{{ i.name }}{{ loop.index }}{% else %}{{ e }}{% endfor %}{{ i }}",
         {"cart.items", "n", "e", "i"}),
        ("{% for k, v in pairs %}{{ k }}{{ v }}{% endfor %}", {"pairs"}),
        ("{{ x }}{% set x = y %}{{ x }}", {"x", "y"}),
        ("{% set x = y %}{{ x }}", {"y"}),
        ("{% if a %}{% set x = 1 %}{% endif %}{{ x }}", {"a", "x"}),
        ("{% if a %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}", {"a"}),
        ("{% for i in a %}{% set x = 1 %}{% endfor %}{{ x }}", {"a", "x"}),
        ("{% set x | replace(a, '') %}{{ b }}{% endset %}{{ x }}", {"a", "b"}),
        ("{% with x = y %}{{ x }}{{ z }}{% endwith %}{{ x }}", {"x", "y", "z"}),
        ("{% macro m(p, q=r) %}{{ p }}{{ q }}{{ s }}{{ caller() }}{% endmacro %}{{ m(t) }}", {"r", "s", "t"}),
        ("{% call(p) m() %}{{ p }}{{ q }}{% endcall %}", {"q"}),
        ("{% filter replace(a, 'b') %}{{ c }}{% endfilter %}", {"a", "c"}),
        ("{% set ns = namespace(a=b) %}{% set ns.c = d %}{{ ns.c }}", {"b", "d"}),
        ("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", set()),
    ],
)  # fmt: skip
def test_paths_that_are_read_from_outside(text, paths):
    assert reads(text) == paths


def test_functions_that_are_called_and_not_defined():
    text = "{% macro m() %}{{ f(g(1)) }}{{ caller() }}{% endmacro %}{{ m() }}{{ namespace() is defined }}"
    assert {name for name, _ in parse_template(text).functions} == {"f", "g"}


def test_a_text_without_code_is_plain():
    assert parse_template("50% {off}").is_plain
    assert not parse_template("{{ a }}").is_plain
    assert not parse_template("{# only a comment #}").is_plain
    assert parse_template("plain").text == "plain"


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a {{ user.name", "unexpected end of template, expected `}}`", 1, 3),
        ("a\n b {% if %}", "expected an expression, got `%}`", 2, 4),
        ("a\r\n{{ b }}\r\n{% foo %}", "encountered unknown tag `foo`", 3, 1),
        ("{{ a | nope }}", "there is no filter `nope`", 1, 1),
        ("{{ a is nope }}", "there is no test `nope`", 1, 1),
        ("x\n{{ a }} {{ a | truncate(1, 2, 3, 4, 5) }}", "wrong arguments for the filter `truncate`", 2, 1),
        ("{{ a | upper(b=1) }}", "wrong arguments for the filter `upper`", 1, 1),
        ("{{ a.upper() }}", "`a.upper()` calls a method; use a filter such as `name | upper`", 1, 1),
        ("{% include 'x' %}", "`{% include %}` is not available in templates", 1, 1),
        ("{% extends 'x' %}", "`{% extends %}` is not available in templates", 1, 1),
        ("{% import 'x' as x %}", "`{% import %}` is not available in templates", 1, 1),
        ("{% from 'x' import y %}", "`{% from %}` is not available in templates", 1, 1),
        ("{% block x %}{% endblock %}", "`{% block %}` is not available in templates", 1, 1),
        ("{% autoescape true %}{% endautoescape %}", "`{% autoescape %}` is not available in templates", 1, 1),
        ("{% for a in b recursive %}{% endfor %}", "a `recursive` loop is not available in templates", 1, 1),
        ("{{ f(*a) }}", "`*` and `**` before arguments are not available in templates", 1, 1),
    ],
)
def test_errors_have_a_place_and_are_worded_like_ours(text, message, line, column):
    with pytest.raises(TemplateSyntaxError) as caught:
        parse_template(text)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, line, column)


@pytest.mark.parametrize(
    "text", ["{{ " + "(" * 5000, "{{ " + "[" * 5000, "{{ " + "a." * 5000 + "a }}", "{{ " + "-" * 5000 + "1 }}"]
)
def test_code_that_is_nested_without_end_is_refused(text):
    with pytest.raises(TemplateSyntaxError):
        parse_template(text)
