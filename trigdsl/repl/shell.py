"""A line that is typed → what is said to it: the session, its commands and its words put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import define, field

from trigdsl.checker.program import CheckedProgram
from trigdsl.completer.symbols import Symbol
from trigdsl.diagnostics.diagnostic import Diagnostic, Severity, TrigError
from trigdsl.diagnostics.excerpt import visible
from trigdsl.diagnostics.render_text import paint, render
from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.engine.dates import weekday
from trigdsl.engine.program import Program
from trigdsl.engine.zones import zone
from trigdsl.explainer.wording import moment, value
from trigdsl.loading import check_sources
from trigdsl.model.inputs import Input
from trigdsl.model.values import Micros
from trigdsl.repl.moves import WEEKDAYS, Move, check_move
from trigdsl.repl.reading import NAME, Command, Expects, Happens, Placed, Question, Rules, WhoIs, read
from trigdsl.repl.reading import Said as Read
from trigdsl.repl.refusal import Faults, Refusal
from trigdsl.repl.session import Session
from trigdsl.repl.showing import DIM, GREEN, RED, YELLOW, Line, Painted, Said, Showing, shown
from trigdsl.repl.slips import check_word
from trigdsl.repl.texts import Texts, key_of, typed_items
from trigdsl.repl.world import Act, Known, Moved, Ruled, Set, World
from trigdsl.source import Source
from trigdsl.syntax import nodes
from trigdsl.tester.literals import literal_value, record_value

DEFAULT_USER = "u1"
DEFAULT_START = "2026-01-05T10:00"
"""Where the clock stands at first: a Monday morning, the same every day, so that a script always says the same."""


@define
class Shell:
    """Answers lines. `is_over` is set when the session was ended; `failed` when a line could not be done.

    `bounds_of` words what the rules of a program keep, as the command line does.
    """

    session: Session
    bounds_of: Callable[[Program], str]
    color: bool = False
    is_over: bool = False
    failed: int = 0
    told: set[tuple[str, str]] = field(factory=set)
    """Codes and messages of the warnings that were told already."""
    symbols: tuple[CheckedProgram, tuple[Symbol, ...]] | None = None
    """A program and its names, which are looked up as often as a key is pressed."""

    @property
    def world(self) -> World:
        return self.session.world

    @property
    def prompt(self) -> str:
        """Whom lines are about, and what their clock shows: `u1 Mon 2026-01-05 10:00> `."""
        user, world = self.session.user, self.world
        clock = world.zone(user)
        day = WEEKDAYS[weekday(clock.day(world.now))].capitalize()
        fork = "" if len(self.session.journals) == 1 else f"[{self.session.name}] "
        return f"{fork}{visible(user)} {day} {moment(world.now, clock)}> "

    def answer(self, text: str) -> Iterator[str]:
        """The lines that are said to a text; it never raises."""
        try:
            for said in self._answer(text):
                yield shown(said, self.color)
        except Refusal as refusal:
            self.failed += 1
            first, *notes = str(refusal).split("\n")
            yield "\n".join([paint(first, RED, self.color), *notes])
        except (Faults, TrigError) as faults:
            self.failed += 1
            for found in faults.diagnostics:
                yield render(found, color=self.color)
        except Exception as error:
            # A fault of the program itself must not cost the session: what the line did is undone.
            self.failed += 1
            self.session.restore()
            said_of = f"error: this failed inside trig ({type(error).__name__}: {error}), and nothing was done"
            yield paint(visible(said_of), RED, self.color)

    def _answer(self, text: str) -> Iterator[Said]:
        said = self._bare_word(text) or read(text)
        match said:
            case None:
                return
            case Command():
                from trigdsl.repl.commands import run

                yield from run(self, said.name, said.argument)
            case Question():
                from trigdsl.repl.asking import ask

                yield ask(self.session, said.text)
            case Rules():
                yield from self.typed_rules(text, said)
            case WhoIs():
                yield from self._who(text, said)
            case Expects():
                from trigdsl.repl.expecting import expect

                yield from self.warnings(said.placed)
                yield from expect(self.session, said.node)
            case Happens():
                yield from self._happens(text, said)

    def _bare_word(self, text: str) -> Read | None:
        """`help`, `quit` and `exit` are meant as commands, unless an event is called so; raises Refusal for others."""
        word = text.strip()
        if not word.isidentifier() or self.world.program.plan(word) is not None:
            return None
        if word in ("help", "quit", "exit"):
            return Command("quit" if word == "exit" else word, "")
        from trigdsl.repl.commands import COMMANDS

        check_word(word, list(COMMANDS))
        return None

    # ------------------------------------------------------------------ rules
    def typed_rules(self, text: str, said: Rules) -> Iterator[Said]:
        """Rules and declarations are live from now on."""
        texts = self.world.texts
        keys = [item.key for item in typed_items(said)]
        replaced = [key is not None and texts.has(key) for key in keys]
        yield from self.rule(text, texts.with_items(said), said)
        for item, again in zip(said.items, replaced, strict=True):
            place = ", in place of the one before" if again else ""
            yield Line(f"  {_called(item, self.world.checked)} is live{place}", GREEN)
            if isinstance(item, nodes.Test):
                from trigdsl.repl.expecting import run_named

                yield from run_named(self.world, item.title)

    def rule(self, text: str, texts: Texts, said: Rules | None = None) -> Iterator[Said]:
        """Other texts are the program from now on; raises TrigError or Faults when they cannot run."""
        try:
            program, checked = texts.compile()
        except TrigError as error:
            wrong = [one for one in error.diagnostics if one.severity is Severity.ERROR]
            raise Faults(tuple(self._placed(one, texts, said) for one in wrong)) from error
        yield from self._new_warnings(program.diagnostics, texts, said)
        yield from self.do(text, [Ruled(texts, program, checked)])

    def _new_warnings(self, found: Sequence[Diagnostic], texts: Texts, said: Rules | None) -> Iterator[Said]:
        """Warnings about what was typed just now, and others that were not told yet."""
        for one in found:
            placed = self._placed(one, texts, said)
            is_about_it = said is not None and placed.span.source is said.source
            if is_about_it or (one.code, one.message) not in self.told:
                self.told.add((one.code, one.message))
                yield Painted(render(placed, color=self.color))

    def _placed(self, found: Diagnostic, texts: Texts, said: Rules | None) -> Diagnostic:
        """A finding about what was just typed points into that, not into all that was ever typed."""
        source = Source(str(texts.folder / NAME), texts.typed_text)
        for item in typed_items(said) if said is not None else ():
            assert said is not None
            start, inside = texts.start_of(item), said.source.text.find(item.text)
            placed = Placed(source, said.source, start, start + len(item.text), start - inside)
            if placed.has(found):
                return placed.mapped(found)
        return Placed(source, Source(NAME, source.text), 0, len(source.text), 0).mapped(found)

    # ------------------------------------------------------------------ users, events, the clock
    def _who(self, text: str, said: WhoIs) -> Iterator[Said]:
        user = self.world.user_of(said.user)
        if said.known is not None:
            assert said.placed is not None
            if any(given.user == user for given in self.world.inputs):
                raise Refusal(
                    f"something happened to `{user}` already", "write `set user.NAME = …` and `add to LIST` instead"
                )
            yield from self.warnings(said.placed)
            lists = frozenset(name.text for name in said.known.lists)
            self.session.user = user
            yield from self.do(text, [Known(user, record_value(said.known.profile), lists)])
        self.session.user = user

    def _happens(self, text: str, said: Happens) -> Iterator[Said]:
        if said.placed is not None:
            yield from self.warnings(said.placed)
        at = self._moment(said.move)
        if said.line is None:
            yield from self.do(text, [Moved(at) if self.world.began else Set(at)])
            return
        acts: list[Act] = [] if self.world.began or said.move is None else [Set(at)]
        given = self._given(said.line, at)
        yield from self.do(text, [*acts, given])
        yield from self._odd_zone(given)
        if given.event is not None and self.world.program.plan(given.event) is None:
            yield from self._unheard(given.event)

    def _moment(self, move: Move | None) -> Micros:
        now = self.world.now
        if move is None:
            return now
        clock = self.world.zone(self.session.user)
        at = move.resolve(now, clock)
        check_move(at, now, clock, may_go_back=not self.world.began)
        return at

    def _given(self, line: nodes.TestEvent | nodes.TestChange, at: Micros) -> Input:
        user = self.session.user
        if isinstance(line, nodes.TestEvent):
            wires = {name: wire for wire, name in self.world.program.event_names.items()}
            name = line.event.text
            return Input(user, at, event=wires.get(name, name), properties=record_value(line.record))
        match line.change:
            case nodes.SetAttribute(attribute=attribute, value=literal):
                return Input(user, at, set={attribute.text: literal_value(literal)})
            case nodes.AddTo(list=added):
                return Input(user, at, add=[added.text])
        return Input(user, at, remove=[line.change.list.text])

    def _odd_zone(self, given: Input) -> Iterator[Line]:
        name = (given.set or {}).get("timezone")
        if name is not None and (not isinstance(name, str) or zone(name) is None):
            clock = self.world.zone(given.user).name
            yield Line(f"  there is no time zone {value(name)}, so the user's clock is that of {clock}", YELLOW)

    def _unheard(self, event: str) -> Iterator[Line]:
        program = self.world.program
        meant = did_you_mean(event, [program.event_names.get(name, name) for name in program.plans])
        yield Line(f"  no rule names `{event}`{': ' + meant if meant else ''}", DIM)

    def warnings(self, placed: Placed) -> Iterator[Said]:
        """What the checker says of a line, as a test's; raises Faults when it is an error."""
        texts = self.world.texts

        def about(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
            # That it expects nothing is no fault of a line.
            return tuple(placed.mapped(one) for one in found if placed.has(one) and one.code != "test-without-expect")

        try:
            _, found = check_sources([*texts.sources, placed.source], texts.folder, {})
        except TrigError as error:
            raise Faults(about(error.diagnostics) or error.diagnostics) from error
        yield from (Painted(render(one, color=self.color)) for one in about(found))

    def do(self, text: str, acts: Sequence[Act]) -> Iterator[Line]:
        """Let acts happen, and tell what came of them."""
        world = self.world
        mark, near = world.mark(), world.now
        self.session.do(text.strip(), acts)
        yield from Showing(world, self.session.user, near).since(mark)


def _called(item: nodes.Item, checked: CheckedProgram) -> str:
    """What an item is called in a sentence."""
    key = key_of(item)
    match key:
        case ("timezone",):
            return "the time zone"
        case ("user",):
            return "the declaration of users"
        case ("cap", *_):
            return "the cap"
        case ("member", name):
            return f"{'segment' if isinstance(item, nodes.SegmentDecl) else 'list'} `{name}`"
        case (kind, name):
            return f"{kind} `{name}`"
    names = [rule.name for rule in checked.rules if rule.node.span.text == item.span.text]
    return f"rule `{names[-1]}`"
