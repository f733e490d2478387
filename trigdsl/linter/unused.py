"""Declarations and events → those that nothing in the program asks for, and tests of one title."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker.findings import words
from trigdsl.diagnostics.diagnostic import Diagnostic, Label
from trigdsl.linter.facts import Facts
from trigdsl.linter.report import note, warning
from trigdsl.syntax.nodes import (
    AddTo,
    AnyEvent,
    CalendarDecl,
    CapDecl,
    Emit,
    Event,
    EventDecl,
    EveryDateOf,
    HolidayDecl,
    ListDecl,
    Member,
    MembershipTrigger,
    OnCalendar,
    RemoveFrom,
    SegmentDecl,
    SystemEvent,
    Tags,
    Test,
    TestUser,
)


def lint_unused(facts: Facts) -> Iterator[Diagnostic]:
    """What is declared or emitted and never asked for."""
    members, calendars, tags, heard = _uses(facts)
    for item in facts.program.items:
        match item:
            case ListDecl(name=name) | SegmentDecl(name=name) if name.text not in members:
                kind = "list" if isinstance(item, ListDecl) else "segment"
                message = f"nothing asks for the {kind} `{name.text}`"
                yield note(f"unused-{kind}", name.span, message, "remove it, or ask for it: `user in …`")
            case CalendarDecl(name=name) | HolidayDecl(name=name) if name.text not in calendars:
                message = f"nothing asks for the calendar `{name.text}`"
                yield note("unused-calendar", name.span, message, "remove it, or ask for it: `on …`, `every …`")
            case CapDecl(scope="tag", name=name) if name is not None and name.text not in tags:
                message = f"no rule has the tag `{name.text}`, so this cap holds nothing back"
                yield warning("unused-tag", name.span, message, "add `tag …` to the rules that it is for")
    for node in facts.nodes:
        if isinstance(node, Emit) and heard is not None and node.event.text not in heard:
            message = f"no rule, condition or declaration names `{node.event.text}`"
            help = "correct the name, or declare the event: `event …`"
            yield note("unheard-emit", node.event.span, message, help)
    yield from _tests(facts)


def _uses(facts: Facts) -> tuple[set[str], set[str], set[str], set[str] | None]:
    """Lists and segments, calendars and tags that are asked for; events that are heard, None for all."""
    members: set[str] = set()
    calendars: set[str] = set()
    tags: set[str] = set()
    heard: set[str] | None = set(facts.program.wire_names) | set(facts.program.event_fields)
    for node in facts.nodes:
        match node:
            case Member(name=name) | MembershipTrigger(name=name) | AddTo(list=name) | RemoveFrom(list=name):
                members.add(name.text)
            case TestUser(lists=names):
                members.update(name.text for name in names)
            case EveryDateOf(calendar=name) | OnCalendar(calendar=name):
                calendars.add(name.text)
            case Tags(names=names):
                tags.update(name.text for name in names)
            case AnyEvent():
                heard = None
            case Event(name=event) if heard is not None:
                heard.add(event)
            case SystemEvent(kind=kind) if heard is not None:
                heard.add(kind)
    if heard is not None:
        heard |= {item.name.text for item in facts.program.items if isinstance(item, EventDecl)}
    return members, calendars, tags, heard


def _tests(facts: Facts) -> Iterator[Diagnostic]:
    titles: dict[str, Test] = {}
    for test in facts.program.tests:
        first = titles.setdefault(test.title, test)
        if first is not test:
            span, there = words(test, r'"[^"]*"'), Label(words(first, r'"[^"]*"'), "the first")
            message = "two tests have this title, so one cannot tell which of them failed"
            yield warning("duplicate-test", span, message, "say what this one is about", there)
