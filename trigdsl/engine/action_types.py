"""What a step does, as compiled: caps, contents, channels and the actions themselves; see `program` and `actions`."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from trigdsl.engine.context import Evaluate, Test
from trigdsl.engine.rendering import Template
from trigdsl.model.values import Micros, Value


@frozen(kw_only=True)
class CompiledPeriod:
    """What a cap or limit counts in: `kind` is day, week, month, duration or ever; `length` with duration."""

    kind: str
    length: Micros = 0


@frozen(kw_only=True)
class CompiledCap:
    """At most `count` sent sends per period; `label` is the reason that a capped decision gives."""

    number: int
    count: int
    period: CompiledPeriod
    label: str


@frozen(kw_only=True)
class Content:
    """A template, and the declared fields that it reads: (root, path, type) of dates and instants."""

    template: Template
    declared: tuple[tuple[str, tuple[str, ...], str], ...] = ()


@frozen(kw_only=True)
class FieldTemplate:
    """One named field of a send: a template, a value, or a record or list of such."""

    name: str
    content: Content | None = None
    evaluate: Evaluate | None = None
    fields: tuple[FieldTemplate, ...] | None = None
    items: tuple[FieldTemplate, ...] | None = None


@frozen(kw_only=True)
class CompiledVariant:
    """One variant of a send. `test` None is always taken; `upto` is the upper end of its share in percent.

    `content` None without `silent`: the host decides the wording.  `silent`: deliberately no message.
    """

    label: str | None = None
    test: Test | None = None
    upto: float | None = None
    content: Content | None = None
    silent: bool = False


@frozen(kw_only=True)
class CompiledChannel:
    """What holds for every send on a channel. `requires` and `characters` also bind urgent sends."""

    name: str
    requires: tuple[Test, ...] = ()
    characters: int | None = None


@frozen
class Rendered:
    """What a send would say, or why it cannot: `skipped` is that reason."""

    variant: str | None = None
    text: str | None = None
    fields: dict[str, Value] | None = None
    silent: bool = False
    skipped: str | None = None


@frozen(kw_only=True)
class SendAction:
    """`fixed` is what it says if that is the same for everybody."""

    channel: CompiledChannel
    variants: tuple[CompiledVariant, ...]
    by_share: bool = False
    fields: tuple[FieldTemplate, ...] | None = None
    caps: tuple[CompiledCap, ...] = ()
    kind: str = field(default="send", init=False)
    target: None = field(default=None, init=False)
    fixed: Rendered | None = field(init=False, eq=False, repr=False)

    @fixed.default
    def _same_for_everybody(self) -> Rendered | None:
        variant = self.variants[0]
        if self.by_share or len(self.variants) > 1 or variant.test is not None or variant.silent:
            return None
        if self.fields is not None:
            return None
        if variant.content is None:
            return Rendered(variant=variant.label)
        text = variant.content.template.plain_text
        return None if text is None else Rendered(variant=variant.label, text=text)


@frozen(kw_only=True)
class SetAction:
    """`evaluate` None removes the attribute."""

    target: str
    evaluate: Evaluate | None
    kind: str = field(default="set", init=False)


@frozen(kw_only=True)
class ListAction:
    """`kind` is `add` or `remove`."""

    target: str
    kind: str


@frozen(kw_only=True)
class EmitAction:
    """`target` is the event's name in the rules, `wire` the one on the wire."""

    target: str
    wire: str
    evaluate: Evaluate
    kind: str = field(default="emit", init=False)


@frozen(kw_only=True)
class CallFunction:
    target: str
    evaluate: Evaluate
    kind: str = field(default="call", init=False)


CompiledAction: TypeAlias = SendAction | SetAction | ListAction | EmitAction | CallFunction
