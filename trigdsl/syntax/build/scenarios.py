"""Tests and invariants: trees → nodes."""

from __future__ import annotations

from lark import Tree

from trigdsl.syntax import messages
from trigdsl.syntax.build.base import token_of, tokens, tree, trees
from trigdsl.syntax.build.rules import Rules
from trigdsl.syntax.nodes import (
    At,
    AtMostSends,
    Boolean,
    Date,
    Duration,
    ExpectRule,
    ExpectSends,
    Invariant,
    Later,
    ListLiteral,
    Moment,
    Name,
    Negative,
    NoSendAfter,
    NoSendBetween,
    Nothing,
    Number,
    RecordLiteral,
    Test,
    TestChange,
    TestEvent,
    TestLine,
    TestUser,
    Text,
)
from trigdsl.syntax.spans import Branch, Part

_LINES = ("test_event", "test_change", "expect_sends", "expect_rule")


class Scenarios(Rules):
    """Trees → tests and invariants."""

    def test(self, part: Branch) -> Test:
        title = self.text_value(part.children[0])
        user = tree(part, "test_user")
        made = None if user is None else self._test_user(user)
        lines = tuple(self._line(line) for line in trees(part, *_LINES))
        return self.node(Test, part, title=title, user=made, lines=lines)

    def _test_user(self, part: Branch) -> TestUser:
        profile = self._fixed_record(tree(part, "record"))
        lists = tuple(self.name(name) for name in trees(part, "name"))
        return self.node(TestUser, part, profile=profile, lists=lists)

    def _line(self, part: Branch) -> TestLine:
        match part.data:
            case "expect_sends":
                count = tokens(part, "NUMBER")
                return self.node(ExpectSends, part, count=self.whole_number(count[0]) if count else 0)
            case "expect_rule":
                return self._expect_rule(part)
        moment = self._moment(part.children[0])
        if part.data == "test_event":
            event = self.name(part.children[1])
            return self.node(TestEvent, part, moment=moment, event=event, record=self._fixed_record(part.children[2]))
        change = self.action(part.children[1])
        self._check_fixed(getattr(change, "value", None))
        return self.node(TestChange, part, moment=moment, change=change)

    def _moment(self, part: Branch) -> Moment:
        if part.data == "later":
            return self.node(Later, part, duration=self.duration(tokens(part, "DURATION")[0]))
        date, time = part.children
        return self.node(At, part, date=self.date(date), time=self.time(time))

    def _fixed_record(self, part: Branch | None) -> RecordLiteral | None:
        record = self.record(part)
        self._check_fixed(record)
        return record

    def _check_fixed(self, value: object) -> None:
        """Notes every value in a test that is not written out."""
        match value:
            case RecordLiteral():
                for entry in value.entries:
                    self._check_fixed(entry.value)
            case ListLiteral():
                for item in value.items:
                    self._check_fixed(item)
            case Negative(operand=Number()) | None | Nothing() | Text() | Number() | Boolean() | Date() | Duration():
                return
            case _:
                self.found(messages.not_a_literal(value.span))  # type: ignore[attr-defined]

    def _expect_rule(self, part: Branch) -> ExpectRule:
        quantifier, rule, status, reason, at, channel, variant, containing = part.children
        moment = None if at is None else self._moment(at)
        assert not isinstance(moment, Later)
        return self.node(
            ExpectRule,
            part,
            quantifier="" if quantifier is None else str(quantifier),
            rule=self.name(rule),
            status=None if status is None else str(token_of(status)),
            reason=None if reason is None else self.text(reason),
            at=moment,
            channel=self._maybe_name(channel),
            variant=self._maybe_name(variant),
            containing=None if containing is None else self.text(containing),
        )

    def _maybe_name(self, part: Part | None) -> Name | None:
        return None if part is None else self.name(part)

    def invariant(self, part: Branch) -> Invariant:
        name, promise = part.children
        return self.node(Invariant, part, name=self.name(name), promise=self._promise(promise))

    def _promise(self, part: Branch) -> NoSendBetween | NoSendAfter | AtMostSends:
        if part.data == "at_most_sends":
            count = self.whole_number(tokens(part, "NUMBER")[0])
            period = self.limit_period(part.children[-1])
            return self.node(AtMostSends, part, count=count, period=period)
        named = tree(part, "name")
        name = self._maybe_name(named)
        between = tree(part, "between")
        if between is not None:
            return self.node(NoSendBetween, part, name=name, between=self.between(between))
        within = self.duration(tokens(part, "DURATION")[0])
        event = self.event_and_where(Tree(part.data, part.children[-2:], part.meta))
        return self.node(NoSendAfter, part, name=name, within=within, event=event)
