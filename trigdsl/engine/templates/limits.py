"""The state of one rendering and what it may use up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from trigdsl.model.values import Micros, Value

MAX_OUTPUT = 64 * 1024
"""Bytes of UTF-8 that a rendering gives at most; also the most characters of a text made on the way."""
MAX_STEPS = 10_000
"""Turns of loops and calls of macros in one rendering, nested ones counted each."""
MAX_WORK = 300_000
"""Units of work in loops, filters and operators: about one for each expression evaluated or element touched."""
MAX_DEPTH = 64
"""Levels of nesting: of a template's code, macros that call each other counted together, and of printed values."""
MAX_FORMAT_WIDTH = 1_000
"""The largest width or precision in a text's format."""

_TEXT_OF_ONE_UNIT = 8


class MissingValue(Exception):  # noqa: N818  (no error: the content is left out)
    """Something was read that is missing. `path` is what the template writes for it."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class TemplateFailure(Exception):  # noqa: N818  (an outcome that is recorded)
    """A template that cannot be rendered. `message` is one line; `line` is given for what a check can find."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Zone(Protocol):
    """What is asked of the user's time zone."""

    def local(self, at: Micros, /) -> Micros: ...

    def date(self, at: Micros, /) -> date: ...


class RenderContext(Protocol):
    """What a template can see."""

    @property
    def event(self) -> Mapping[str, Value] | None: ...
    @property
    def user(self) -> Mapping[str, Value]: ...
    @property
    def rule_name(self) -> str: ...
    @property
    def rule_title(self) -> str | None: ...
    @property
    def now(self) -> Micros: ...
    @property
    def zone(self) -> Zone: ...
    @property
    def functions(self) -> Mapping[str, Any]: ...


class Run:
    """One rendering: what it sees, and how much it has used up."""

    __slots__ = ("context", "depth", "steps", "work")

    def __init__(self, context: RenderContext) -> None:
        self.context = context
        self.steps = 0
        self.work = 0
        self.depth = 0

    def step(self, weight: int) -> None:
        """One turn of a loop or call of a macro, whose body has `weight` expressions."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TemplateFailure(f"more than {MAX_STEPS} turns of loops and calls of macros")
        self.spend(weight)

    def spend(self, units: int) -> None:
        self.work += units
        if self.work > MAX_WORK:
            raise TemplateFailure("too much work for one template")

    def spend_on(self, value: object) -> None:
        """What it costs to go over a text or the elements of a list or record once."""
        if type(value) is str:
            self.spend(1 + len(value) // 64)
        elif type(value) is list or type(value) is dict:
            self.spend(1 + len(value))

    def spend_deep(self, value: object) -> None:
        """What it costs to go over a value with all its parts; one nested too deep is refused."""
        level: list[object] = [value]
        for _ in range(MAX_DEPTH):
            deeper: list[object] = []
            for part in level:
                self.spend_on(part)
                if type(part) is list:
                    deeper += part
                elif type(part) is dict:
                    deeper += part.values()
            if not deeper:
                return
            level = deeper
        raise TemplateFailure("a value is nested too deep")

    def allow_text(self, length: int) -> None:
        """To be called before a text of `length` characters is made."""
        if length > MAX_OUTPUT:
            raise TemplateFailure("text over 64 KiB")
        self.spend(1 + length // _TEXT_OF_ONE_UNIT)

    def made(self, text: str) -> str:
        """A text that was made, which is not many times longer than what it was made of."""
        self.allow_text(len(text))
        return text


class Output:
    """Text written so far, of a template or of a block whose text is caught."""

    __slots__ = ("parts", "size")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0

    def write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_OUTPUT:
            raise TemplateFailure("output over 64 KiB")
        self.parts.append(text)

    def text(self) -> str:
        text = "".join(self.parts)
        # A character is at most four bytes.
        if self.size > MAX_OUTPUT // 4 and len(text.encode("utf-8", "surrogatepass")) > MAX_OUTPUT:
            raise TemplateFailure("output over 64 KiB")
        return text
