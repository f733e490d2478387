"""Hostile templates: each stops with a failure, at a count and not at a time, and disturbs nothing."""

from __future__ import annotations

import contextlib
import tracemalloc
from types import SimpleNamespace

import pytest

from trigdsl.engine.rendering import MissingValue, Template, TemplateFailure
from trigdsl.engine.templates.filters import FILTERS
from trigdsl.engine.templates.limits import MAX_DEPTH, MAX_OUTPUT, MAX_STEPS
from trigdsl.engine.templates.predicates import TESTS

BIG = "x" * 500_000
MANY = ["x" * 20 + str(number) for number in range(5_000)]


def nested(depth):
    value = [1]
    for _ in range(depth - 1):
        value = [value]
    return value


EVENT = {"big": BIG, "many": MANY, "ten": list(range(10)), "hundred": list(range(100)), "deep": nested(3000)}


def context(**event):
    return SimpleNamespace(event={**EVENT, **event}, user={"name": "Mina"}, functions={}, zone=None)


def rendered(text, /, **event):
    return Template(text).render(context(**event))


def loops(names, body):
    return "".join(f"{{% for {name} in hundred %}}" for name in names) + body + "{% endfor %}" * len(names)


HOSTILE = {
    "nested loops": (loops("abcdef", "."), "turns of loops"),
    "nested loops that print nothing": (loops("abc", ""), "turns of loops"),
    "loops with large bodies": (loops("ab", "{{ '' if a + b }}" * 200), "work"),
    "a long loop condition": ("{% for i in many if " + " and ".join(["i != 'a'"] * 60) + " %}{% endfor %}", "work"),
    "text repeated": ("{{ 'a' * 1000000000 }}", "text over 64 KiB"),
    "number and text repeated": ("{{ 1000000000000 * 'ab' }}", "text over 64 KiB"),
    "text doubled": ("{% set x = 'ab' %}" + "{% set x = x + x %}" * 100 + "{{ x | length }}", "text over 64 KiB"),
    "text doubled by ~": ("{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 100 + "{{ x | length }}", "text over 64 KiB"),
    "lists doubled": ("{% set x = [1] %}" + "{% set x = x + x %}" * 100, "work"),
    "lists in lists doubled": ("{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}", "work"),
    "a tall list compared": ("{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x == x }}", "work"),
    "powers of powers": ("{{ 10 ** (10 ** 10) }}", "no finite number"),
    "a wide centre": ("{{ 'a' | center(1000000000) }}", "text over 64 KiB"),
    "a wide indent": ("{{ many | join('\n') | truncate(60000) | indent(60000) }}", "over 64 KiB"),
    "a wide format": ("{{ '%1000000000d' % 1 }}", "width"),
    "a precise format": ("{{ '%.999999999f' | format(1.5) }}", "width"),
    "many wide formats": ("{{ '%1000d' * 100 % (hundred) }}", "over 64 KiB"),
    "replace by more": ("{{ big[:60000] | replace('x', big[:60000]) }}", "text over 64 KiB"),
    "replace between all": ("{{ big[:60000] | replace('', 'abc') }}", "text over 64 KiB"),
    "join with long text": ("{{ many | join(big) }}", "text over 64 KiB"),
    "batch filled up": ("{{ [1] | batch(1000000000, 'x') | length }}", "work"),
    "slices": ("{{ [1] | slice(1000000000) | length }}", "work"),
    "a large list as JSON": ("{{ many | tojson }}", "over 64 KiB"),
    "a large list printed": ("{{ many }}", "over 64 KiB"),
    "a large text printed": ("{{ big }}", "output over 64 KiB"),
    "a large text in upper case": ("{{ big | upper }}", "text over 64 KiB"),
    "a deep value printed": ("{{ deep }}", "nested too deep"),
    "a deep value compared": ("{{ deep == deep }}", "nested too deep"),
    "a large text compared again and again": (loops("ab", "{{ 'y' if big > big }}"), "work"),
    "a large list sorted again and again": (loops("a", "{{ many | sort | length }}"), "work"),
    "large texts told apart": (loops("a", "{{ [big ~ a] | unique | length }}"), "text over 64 KiB"),
    "a macro that calls itself": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deep"),
    "two macros that call each other": (
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        "too deep",
    ),
    "macros that double": (
        "{% macro m0() %}x{% endmacro %}"
        + "".join(
            f"{{% macro m{n} () %}}{{{{ m{n - 1}() }}}}{{{{ m{n - 1}() }}}}{{% endmacro %}}" for n in range(1, 18)
        )
        + "{{ m17() }}",
        "turns of loops and calls",
    ),
    "a caller that calls itself": (
        "{% macro m() %}{{ caller() }}{% endmacro %}"
        "{% macro n() %}{% call m() %}{{ n() }}{% endcall %}{% endmacro %}{{ n() }}",
        "too deep",
    ),
    "much output in small parts": (loops("ab", "0123456789"), "output over 64 KiB"),
    "much output caught": ("{% set x %}" + loops("ab", "0123456789") + "{% endset %}", "output over 64 KiB"),
    "texts kept": (
        "{% set ns = namespace(l=[]) %}" + loops("ab", "{% set ns.l = ns.l + [big[:60000] ~ a ~ b] %}"),
        "work",
    ),
    "an attribute of many parts": ("{{ many | map(attribute='" + "a." * 10_000 + "') | list }}", "too long"),
    "trim by many": ("{{ big[:60000] | trim(big[:60000]) }}", "fewer characters"),
    "the class of a class": ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "calls a method"),
    "the globals of a macro": ("{% macro m() %}{% endmacro %}{{ m.__globals__['os'] }}", None),
    "the globals of a function": ("{{ cycler.__init__.__globals__.os }}", None),
    "a file": ("{% include '/etc/passwd' %}", "not available"),
    "a recursive loop": ("{% for x in deep recursive %}{{ loop(x) }}{% endfor %}", "not available"),
    "brackets in brackets": ("{{ " + "[" * 5000 + "]" * 5000 + " }}", "too deep"),
    "a sum of thousands": ("{{ " + "1+" * 5000 + "1 }}", "too deep"),
    "a path of thousands": ("{{ a" + ".a" * 5000 + " }}", "too long"),
    "blocks in blocks": ("{% if 1 %}" * 500 + "{% endif %}" * 500, "too deep"),
    "a number of thousands of digits": ("{{ " + "9" * 5000 + " }}", "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_fails(name):
    text, message = HOSTILE[name]
    if message is None:
        with pytest.raises(MissingValue):
            rendered(text)
    else:
        with pytest.raises(TemplateFailure, match=message) as caught:
            rendered(text)
        assert "\n" not in caught.value.message
    assert rendered("{{ user.name }} {{ ten | length }}") == "Mina 10", "nothing else is disturbed"


@pytest.mark.parametrize("name", [name for name, (_, message) in HOSTILE.items() if message])
def test_a_hostile_template_uses_little_memory(name):
    here = context()
    tracemalloc.start()
    try:
        with pytest.raises(TemplateFailure):
            Template(HOSTILE[name][0] + " ").render(here)
        assert tracemalloc.get_traced_memory()[1] < 24_000_000
    finally:
        tracemalloc.stop()


def test_output_is_at_most_64_kib_of_utf_8():
    assert len(rendered("{{ big[:n] }}", n=MAX_OUTPUT)) == MAX_OUTPUT
    with pytest.raises(TemplateFailure, match="output over 64 KiB"):
        rendered("{{ big[:n] }}", n=MAX_OUTPUT + 1)
    two_bytes = MAX_OUTPUT // 2
    assert len(rendered("{{ text }}", text="é" * two_bytes)) == two_bytes
    with pytest.raises(TemplateFailure, match="output over 64 KiB"):
        rendered("{{ text }}a", text="é" * two_bytes)


def test_a_text_without_code_is_bounded_too():
    assert len(rendered("a" * MAX_OUTPUT)) == MAX_OUTPUT
    with pytest.raises(TemplateFailure, match="output over 64 KiB"):
        rendered("a" * (MAX_OUTPUT + 1))


def test_turns_of_loops_are_counted_over_the_whole_rendering():
    once = "{% for i in list %}{% endfor %}"
    assert rendered(once, list=[1] * MAX_STEPS) == ""
    with pytest.raises(TemplateFailure, match=f"more than {MAX_STEPS} turns"):
        rendered(once, list=[1] * (MAX_STEPS + 1))
    half = [1] * (MAX_STEPS // 2)
    assert rendered(once * 2, list=half) == ""
    with pytest.raises(TemplateFailure, match=f"more than {MAX_STEPS} turns"):
        rendered(once * 2 + "{% for i in [1] %}{% endfor %}", list=half)


def test_a_value_is_printed_up_to_the_depth_that_is_allowed():
    assert rendered("{{ value }}", value=nested(MAX_DEPTH - 1)) == "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    with pytest.raises(TemplateFailure, match="nested too deep"):
        rendered("{{ value }}", value=nested(MAX_DEPTH))


def test_ordinary_templates_are_far_from_the_bounds():
    text = "{% for i in list %}{{ loop.index }}. {{ i.name | title }}: {{ '%.2f' | format(i.price * 2) }}\n{% endfor %}"
    goods = [{"name": f"shoe {number}", "price": number / 4} for number in range(1000)]
    assert rendered(text, list=goods).splitlines()[999] == "1000. Shoe 999: 499.50"


VALUES = [
    None,
    True,
    0,
    -1,
    2.5,
    10**300,
    float("inf"),
    "",
    "ab c",
    "\ud800",
    [],
    [1, None],
    [[1], {"a": 1}],
    {},
    {"a": [1]},
]
ARGUMENTS = [
    "",
    "(none)",
    "(1)",
    "(-1)",
    "('a')",
    "(x)",
    "(x, x)",
    "(attribute='a')",
    "(attribute=x)",
    "('upper')",
    "('eq', x)",
]


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_nothing_but_the_two_outcomes_escapes_from_a_filter(name):
    for arguments in ARGUMENTS:
        template = Template(f"{{{{ x | {name}{arguments} }}}}")
        for value in VALUES:
            with contextlib.suppress(MissingValue, TemplateFailure):
                assert isinstance(template.render(context(x=value)), str)


@pytest.mark.parametrize("name", sorted(TESTS))
def test_nothing_but_the_two_outcomes_escapes_from_a_test(name):
    for argument in ("", "(1)", "('a')", "(x)", "([])"):
        template = Template(f"{{{{ x is {name}{argument} }}}}")
        for value in VALUES:
            with contextlib.suppress(MissingValue, TemplateFailure):
                assert template.render(context(x=value)) in ("true", "false")


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**", "~", "<", "==", "in", "not in", "and", "or"])
def test_nothing_but_the_two_outcomes_escapes_from_an_operator(sign):
    template = Template(f"{{{{ x {sign} y }}}}{{{{ x[y] | default('') }}}}{{{{ x[:y] | default('') }}}}")
    for x in VALUES:
        for y in VALUES:
            with contextlib.suppress(MissingValue, TemplateFailure):
                assert isinstance(template.render(context(x=x, y=y)), str)
