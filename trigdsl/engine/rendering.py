"""A template's text and what it can see → the rendered text.

Templates are Jinja2 templates, read by Jinja2 and rendered by `engine.templates`, whose docstrings give the
bounds, the filters and how values print.  What they see, the first name of a path deciding, reserved names
before properties:

| name | stands for |
|---|---|
| `user.…` | the profile |
| `event.…` (also `trigger.…`), any other name | the triggering event's properties |
| `now` | the instant of rendering |
| `local.hour`, `minute`, `weekday`, `date`, `day`, `month` | that instant in the user's zone |
| `rule.name`, `rule.title` | the rule |
| `f(…)` | a function of the host, `loop` in a loop, macros, names that are set |

A dot reads a record's key and nothing else: values have no methods.  There are no `include`, `import`,
`extends`, `block`, `autoescape` and recursive loops, and of Jinja's own functions (`range` …) only `namespace`.
`{{ a if b }}` without `else` gives empty text where b does not hold.  As in Jinja, one line break at the end
of the text is dropped.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from trigdsl.engine.templates.limits import MissingValue, Output, RenderContext, Run, TemplateFailure

if TYPE_CHECKING:
    import jinja2

    from trigdsl.engine.templates.scopes import Execute

__all__ = ["MissingValue", "RenderContext", "Template", "TemplateFailure", "is_plain", "parse_tree"]

_CODE = re.compile(r"\{[{%#]")
_LINE_BREAK = re.compile(r"\r\n|\r")


@frozen(slots=False)
class Template:
    """A template of a send. It is compiled when first rendered, and then as often as its text is unpickled."""

    text: str

    def render(self, context: RenderContext) -> str:
        """The text for one user and moment.

        Raises MissingValue where something is read that is missing, TemplateFailure where anything else is
        wrong; nothing else.
        """
        run, out = Run(context), Output()
        try:
            self._body(run, None, out)
            return out.text()
        except RecursionError:
            raise TemplateFailure("nested too deep") from None
        except (MissingValue, TemplateFailure):
            raise
        except Exception as error:
            raise TemplateFailure(f"{type(error).__name__}") from None

    @property
    def plain_text(self) -> str | None:
        """What it gives for everybody, when there is no code in it; None when there is, and when it is too long."""
        if not is_plain(self.text):
            return None
        out = Output()
        try:
            out.write(_unbroken(self.text))
        except TemplateFailure:
            return None
        return out.text()

    @cached_property
    def _body(self) -> Execute:
        return _compiled(self.text)

    def __getstate__(self) -> str:
        return self.text

    def __setstate__(self, text: str) -> None:
        object.__setattr__(self, "text", text)


def is_plain(text: str) -> bool:
    """Whether a text holds no template code."""
    return not _CODE.search(text)


def parse_tree(text: str) -> Any:
    """The syntax tree that Jinja2 reads; raises TemplateFailure with the line."""
    import jinja2  # only templates with code need it, and it takes as long to import as many a command runs

    try:
        return _environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateFailure(_worded(error.message or "invalid syntax"), error.lineno) from None
    except RecursionError:
        raise TemplateFailure("the template is nested too deep", 1) from None
    except Exception as error:
        raise TemplateFailure(f"the template cannot be read: {type(error).__name__}", 1) from None


@lru_cache(1)
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(autoescape=False)  # what is rendered is text, not HTML


def _worded(message: str) -> str:
    """A message of Jinja in the form of ours: lower case, backticks, no full stop, one line, signs as they are."""
    first = " ".join(message.split()).replace("'", "`").rstrip(".")
    first = first.replace("`end of print statement`", "`}}`").replace("`end of statement block`", "`%}`")
    return first[:1].lower() + first[1:]


@lru_cache(4096)
def _compiled(text: str) -> Execute:
    """What renders a text; of one that cannot be compiled, a function that says so each time."""
    if is_plain(text):
        return _plain(text)
    from trigdsl.engine.templates.statements import compile_tree

    try:
        return compile_tree(parse_tree(text))
    except TemplateFailure as failure:
        message = failure.message if failure.line is None else f"{failure.message} (line {failure.line})"
    except RecursionError:
        message = "the template is nested too deep"
    return _failing(message)


def _plain(text: str) -> Execute:
    text = _unbroken(text)
    return lambda run, scope, out: out.write(text)


def _unbroken(text: str) -> str:
    """A text without code as it comes out: line breaks of one kind, none at the end."""
    return _LINE_BREAK.sub("\n", text).removesuffix("\n")


def _failing(message: str) -> Execute:
    def fail(run: Run, scope: Any, out: Output) -> None:
        raise TemplateFailure(message)

    return fail
