"""Contents of sends → templates, variants and named fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from trigdsl.checker.paths import resolve
from trigdsl.checker.templates import parse_template
from trigdsl.engine.action_types import CompiledVariant, Content, FieldTemplate
from trigdsl.engine.rendering import Template
from trigdsl.syntax import nodes
from trigdsl.syntax.walk import walk

if TYPE_CHECKING:
    from trigdsl.compiler.unit import Unit

ReadTemplate = Callable[[nodes.TemplateFile], str | None]
"""Gives the text of a template file, None when it cannot be had (which has then been reported)."""


class Contents:
    """Compiles what a send says."""

    def __init__(self, unit: Unit, read_template: ReadTemplate) -> None:
        self._unit = unit
        self._read_template = read_template
        self._triggers = {rule.name: rule.node.trigger for rule in unit.rules}

    def variants(self, send: nodes.Send, rule: str) -> tuple[tuple[CompiledVariant, ...], bool]:
        """The variants of a send in order, and whether they are shares; content without variants is one."""
        if not send.variants:
            content = self._content(send.content, rule) if send.content is not None else None
            return (CompiledVariant(content=content),), False
        made = []
        upto = 0.0
        for place, variant in enumerate(send.variants, 1):
            test = None
            if isinstance(variant, nodes.ShareVariant):
                upto += variant.percent
            elif variant.condition is not None:
                test = self._unit.test(f"{rule}__variant_{place}", variant.condition, rule)
            made.append(
                CompiledVariant(
                    label=_label(variant, place),
                    test=test,
                    upto=upto if isinstance(variant, nodes.ShareVariant) else None,
                    content=None
                    if isinstance(variant.content, nodes.Nothing)
                    else self._content(variant.content, rule),
                    silent=isinstance(variant.content, nodes.Nothing),
                )
            )
        return tuple(made), isinstance(send.variants[0], nodes.ShareVariant)

    def _content(self, content: nodes.Text | nodes.TemplateFile, rule: str) -> Content:
        """A text or file, with the declared dates and instants that it reads of the rule's event and the user."""
        text = content.value if isinstance(content, nodes.Text) else self._read_template(content) or ""
        declared = []
        for path in sorted(parse_template(text).reads):
            root, rest = resolve(path)
            for fields in self._fields_of(root, rule):
                declared += [
                    (root, field, kind)
                    for field, kind in fields.items()
                    if kind in ("date", "instant") and field[: len(rest)] == rest[: len(field)]
                ]
        return Content(template=Template(text), declared=tuple(dict.fromkeys(declared)))

    def _fields_of(self, root: str, rule: str) -> list[dict[tuple[str, ...], str]]:
        """The declared fields of what a path's root names: the user, or the events that trigger the rule."""
        checked = self._unit.checked
        if root == "user":
            return [checked.user_fields] if checked.user_fields else []
        if root not in ("event", "trigger"):
            return []
        names = [node.name for node in walk(self._triggers[rule]) if isinstance(node, nodes.Event)]
        return [checked.event_fields[name] for name in names if name in checked.event_fields]

    def fields(self, record: nodes.RecordLiteral | None, rule: str) -> tuple[FieldTemplate, ...] | None:
        """The named fields of `with { … }`."""
        if record is None:
            return None
        return tuple(self._field(".".join(entry.key), entry.value, rule) for entry in record.entries)

    def _field(self, name: str, value: nodes.Expression | nodes.TemplateFile, rule: str) -> FieldTemplate:
        match value:
            case nodes.TemplateFile():
                return FieldTemplate(name=name, content=self._content(value, rule))
            case nodes.Text() if not parse_template(value.value).is_plain:
                return FieldTemplate(name=name, content=self._content(value, rule))
            case nodes.RecordLiteral():
                inner = tuple(self._field(".".join(entry.key), entry.value, rule) for entry in value.entries)
                return FieldTemplate(name=name, fields=inner)
            case nodes.ListLiteral():
                items = tuple(self._field(str(place), item, rule) for place, item in enumerate(value.items))
                return FieldTemplate(name=name, items=items)
        return FieldTemplate(name=name, evaluate=self._unit.evaluate(f"{rule}__field_{name}", value, rule))


def _label(variant: nodes.Variant, place: int) -> str:
    if variant.label is not None:
        return variant.label.text
    if isinstance(variant, nodes.WhenVariant) and variant.condition is None:
        return "otherwise"
    return str(place)
