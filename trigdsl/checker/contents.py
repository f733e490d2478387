"""A rule → the texts it sends, each with its place: what is a template, and what must fit a channel.

The templates themselves are parsed where they are compiled; a pass that wants to look into them starts here.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from trigdsl.checker.scope import Scope
from trigdsl.syntax.nodes import Content, LengthLimit, Rule, Send, Text

TEMPLATE_SIGNS = ("{{", "{%", "{#")


@frozen
class SentText:
    """A text that an action sends; `field` is its key in `with`, None for the content itself."""

    text: Text
    send: Send
    field: str | None = None

    @property
    def is_template(self) -> bool:
        return any(sign in self.text.value for sign in TEMPLATE_SIGNS)


def sent_texts(rule: Rule) -> Iterator[SentText]:
    """Every text that a rule's sends render, in the order written."""
    for step in rule.steps:
        for action in step.actions:
            if isinstance(action, Send):
                yield from _texts_of(action)


def _texts_of(send: Send) -> Iterator[SentText]:
    contents: list[Content | None] = [send.content, *(variant.content for variant in send.variants)]
    for content in contents:
        if isinstance(content, Text):
            yield SentText(content, send)
    for entry in send.fields.entries if send.fields else ():
        if isinstance(entry.value, Text):
            yield SentText(entry.value, send, ".".join(entry.key))


def length_limit(channel: str, scope: Scope) -> LengthLimit | None:
    """The smallest limit of characters of a channel."""
    declared = scope.channels.get(channel)
    limits = [policy for policy in (declared.policies if declared else ()) if isinstance(policy, LengthLimit)]
    return min(limits, key=lambda limit: limit.characters, default=None)
