"""A rule's sends → the texts that are their content, and what is too long for its channel."""

from __future__ import annotations

from collections.abc import Iterator

from trigdsl.checker import messages
from trigdsl.checker.findings import Findings
from trigdsl.checker.scope import Scope
from trigdsl.syntax.nodes import LengthLimit, Rule, Send, Text

TEMPLATE_SIGNS = ("{{", "{%", "{#")


def check_lengths(rule: Rule, scope: Scope, findings: Findings) -> None:
    """Texts without template code that have more code points than their channel takes."""
    for channel, text in sent_texts(rule):
        limit = _length_limit(channel, scope)
        length = len(text.value)
        if limit and length > limit.characters and not is_template(text):
            findings.add(messages.text_too_long(length, limit.characters, channel, text.span, limit.span))


def sent_texts(rule: Rule) -> Iterator[tuple[str, Text]]:
    """The channel and the text of every content of a rule's sends that is a text, variants too."""
    for step in rule.steps:
        for action in step.actions:
            if isinstance(action, Send):
                contents = [action.content, *(variant.content for variant in action.variants)]
                yield from ((action.channel.text, one) for one in contents if isinstance(one, Text))


def is_template(text: Text) -> bool:
    """Whether a text holds template code, so that its length is known only when it is rendered."""
    return any(sign in text.value for sign in TEMPLATE_SIGNS)


def _length_limit(channel: str, scope: Scope) -> LengthLimit | None:
    declared = scope.channels.get(channel)
    limits = [policy for policy in (declared.policies if declared else ()) if isinstance(policy, LengthLimit)]
    return limits[0] if limits else None
