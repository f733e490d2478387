"""Top-level items: trees → nodes."""

from __future__ import annotations

from lark import Token

from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.syntax import messages
from trigdsl.syntax.build.base import token_of, tokens, trees, unquoted
from trigdsl.syntax.build.scenarios import Scenarios
from trigdsl.syntax.nodes import (
    CalendarDecl,
    Cap,
    CapDecl,
    ChannelDecl,
    Date,
    EventDecl,
    FieldDecl,
    HolidayDecl,
    Item,
    LengthLimit,
    ListDecl,
    Policy,
    Requires,
    SegmentDecl,
    Timezone,
    UserDecl,
)
from trigdsl.syntax.spans import Branch, Part

_TYPES = frozenset({"text", "number", "boolean", "instant", "date", "duration", "list", "record"})
_OTHER_TYPES = {
    **dict.fromkeys(("string", "str", "varchar"), "text"),
    **dict.fromkeys(("int", "integer", "float", "double", "decimal"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("datetime", "timestamp", "time"), "instant"),
    **dict.fromkeys(("array",), "list"),
    **dict.fromkeys(("object", "map", "json"), "record"),
}


class ItemBuilder(Scenarios):
    """Trees → items: `item` is the entry for all of them."""

    def item(self, part: Branch) -> Item:
        match part.data:
            case "rule":
                return self.rule(part)
            case "test":
                return self.test(part)
            case "invariant":
                return self.invariant(part)
        built: Item = getattr(self, f"_item_{part.data}")(part)
        return built

    def _item_timezone(self, part: Branch) -> Timezone:
        return self.node(Timezone, part, name=self.text_value(part.children[0]))

    def _item_event_decl(self, part: Branch) -> EventDecl:
        name, wire, fields = part.children
        made = self.name(name)
        alias = None if wire is None else self.text(wire)
        return self.node(
            EventDecl, part, name=made, wire=alias, fields=None if fields is None else self._fields(fields)
        )

    def _item_user_decl(self, part: Branch) -> UserDecl:
        return self.node(UserDecl, part, fields=self._fields(part.children[0]))

    def _fields(self, part: Branch) -> tuple[FieldDecl, ...]:
        return tuple(self._field(field) for field in trees(part, "field"))

    def _field(self, part: Branch) -> FieldDecl:
        key, kind = part.children
        return self.node(FieldDecl, part, path=self.key(token_of(key)), type=self._type(kind))

    def _type(self, token: Token) -> str:
        if str(token) in _TYPES:
            return str(token)
        other = _OTHER_TYPES.get(str(token).lower())
        help = f"write `{other}`" if other else did_you_mean(unquoted(token), _TYPES)
        self.found(messages.unknown_type(self.span(token), help))
        return "text"

    def _item_channel(self, part: Branch) -> ChannelDecl:
        name, *policies = part.children
        made = self.name(name)
        return self.node(ChannelDecl, part, name=made, policies=tuple(self._policy(child) for child in policies))

    def _policy(self, part: Branch) -> Policy:
        match part.data:
            case "between":
                return self.between(part)
            case "channel_cap":
                count, period = self._cap(part)
                return self.node(Cap, part, count=count, period=period)
            case "requires":
                return self.node(Requires, part, condition=self.expression(part.children[0]))
            case "length_limit":
                return self.node(LengthLimit, part, characters=self.whole_number(part.children[0]))
        return self.days(part)

    def _cap(self, part: Branch) -> tuple[int, object]:
        return self.whole_number(tokens(part, "NUMBER")[0]), self.limit_period(part.children[-1])

    def _item_cap_all(self, part: Branch) -> CapDecl:
        return self._cap_decl(part, "all", None)

    def _item_cap_tag(self, part: Branch) -> CapDecl:
        return self._cap_decl(part, "tag", part.children[0])

    def _item_cap_channel(self, part: Branch) -> CapDecl:
        return self._cap_decl(part, "channel", part.children[0])

    def _cap_decl(self, part: Branch, scope: str, named: Part | None) -> CapDecl:
        name = None if named is None else self.name(named)
        count, period = self._cap(part)
        return self.node(CapDecl, part, scope=scope, name=name, count=count, period=period)

    def _item_calendar(self, part: Branch) -> CalendarDecl:
        name = self.name(part.children[0])
        dates = tuple(self.node(Date, token, value=self.date(token)) for token in tokens(part, "DATE"))
        return self.node(CalendarDecl, part, name=name, dates=dates)

    def _item_holidays(self, part: Branch) -> HolidayDecl:
        name, region = part.children
        return self.node(HolidayDecl, part, name=self.name(name), region=self.text(region))

    def _item_segment(self, part: Branch) -> SegmentDecl:
        name, condition = part.children
        return self.node(SegmentDecl, part, name=self.name(name), condition=self.expression(condition))

    def _item_list_decl(self, part: Branch) -> ListDecl:
        return self.node(ListDecl, part, name=self.name(part.children[0]))
