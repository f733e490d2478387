"""A value and where it is put → findings when its type is not the declared one."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker import messages
from trigdsl.checker.context import Context
from trigdsl.checker.expressions import Expressions
from trigdsl.checker.fields import Carrier, Type
from trigdsl.checker.literals import check_readable
from trigdsl.checker.properties import written_type
from trigdsl.checker.types import accepts
from trigdsl.source import Span
from trigdsl.syntax.nodes import Entry, Expression, RecordLiteral, TemplateFile


def check_value(
    target: str, wanted: Type, value: Expression | TemplateFile, context: Context, expressions: Expressions
) -> Type:
    """A value for `target`, which is declared as `wanted`; answers the value's type."""
    given = expressions.infer(value, context)
    expressions.used_as(value, wanted, context)
    if not accepts(wanted, given):
        expressions.findings.add(messages.value_mismatch(target, str(wanted), str(given), value.span))
    else:
        check_readable(value, wanted, expressions.findings)
    return given


def check_record(
    record: RecordLiteral, carrier: Carrier, context: Context, expressions: Expressions, *, strict: bool = True
) -> None:
    """The fields given to an event or a profile; without `strict`, types are left alone: a test may be meant so."""
    expressions.infer(record, context)
    for path, span, value in _fields(record):
        wanted = written_type(span, carrier, path, expressions.findings)
        if strict:
            given = check_value(".".join(path), wanted, value, context, expressions)
            expressions.uses.note(carrier.events, path, given, value.span)


def _fields(
    record: RecordLiteral, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Span, Expression | TemplateFile]]:
    """The innermost fields of a record, with their paths and where their keys stand."""
    for entry in record.entries:
        path = (*before, *entry.key)
        if isinstance(entry.value, RecordLiteral):
            yield from _fields(entry.value, path)
        else:
            yield path, _key_span(entry), entry.value


def _key_span(entry: Entry) -> Span:
    """From the start of the entry to its colon."""
    text = entry.span.text
    key = text[: len(text) - len(entry.value.span.text)].rstrip().removesuffix(":").rstrip()
    return Span(entry.span.source, entry.span.start, entry.span.start + len(key))
