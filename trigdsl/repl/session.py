"""Acts, one after another → a world, and a journal of them: what a line did can be taken back, and tried otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, evolve, frozen

from trigdsl.model.values import Micros
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.world import Act, Ruled, World

MAIN = "main"
"""What the first journal of a session is called."""


@frozen
class Step:
    """What one line did: its text, the user it was typed for, and the acts, in their order."""

    text: str
    user: str
    acts: tuple[Act, ...]


@frozen
class Journal:
    """All that was done, from the opening of the session on; `parent` is the journal that it was forked from.

    The first `fixed` steps opened the session and are not taken back.
    """

    opening: Ruled
    start: Micros
    steps: tuple[Step, ...] = ()
    fixed: int = 0
    parent: str | None = None

    def world(self) -> World:
        """The world that it leads to, made anew."""
        world = World(self.opening, self.start)
        for step in self.steps:
            for act in step.acts:
                world.do(act)
        return world


@define
class Session:
    """Journals by name, one of which is the present one, and its world."""

    journals: dict[str, Journal]
    world: World
    user: str
    name: str = MAIN

    @classmethod
    def opened(cls, ruled: Ruled, start: Micros, user: str) -> Session:
        """A session in which nothing happened yet."""
        journal = Journal(ruled, start)
        return cls({MAIN: journal}, journal.world(), user)

    @property
    def journal(self) -> Journal:
        return self.journals[self.name]

    def do(self, text: str, acts: Sequence[Act]) -> None:
        """Let acts happen, as what a line did."""
        for act in acts:
            self.world.do(act)
        step = Step(text, self.user, tuple(acts))
        self.journals[self.name] = evolve(self.journal, steps=(*self.journal.steps, step))

    def restore(self) -> None:
        """Make the world anew from the journal: what was begun and not ended is undone."""
        self.world = self.journal.world()

    def settle(self) -> None:
        """What was done until now opened the session: it is not taken back."""
        self.journals[self.name] = evolve(self.journal, fixed=len(self.journal.steps))

    # ------------------------------------------------------------------ back, and elsewhere
    def back(self, count: int) -> tuple[Step, ...]:
        """Take the last steps back; those that were. Raises Refusal when there are not so many."""
        journal = self.journal
        left = len(journal.steps) - journal.fixed
        if not left:
            raise Refusal("there is nothing to take back")
        if count > left:
            raise Refusal(f"there {'is only 1 line' if left == 1 else f'are only {left} lines'} to take back")
        undone = journal.steps[-count:]
        self.journals[self.name] = evolve(journal, steps=journal.steps[:-count])
        self.world = self.journal.world()
        self.user = undone[0].user
        return undone

    def fork(self, name: str) -> None:
        """Go on under another name, and leave what is as it is under the present one; raises Refusal."""
        if name in self.journals:
            raise Refusal(f"there is a fork `{name}` already", f"`:switch {name}` goes there")
        self.journals[name] = evolve(self.journal, parent=self.name)
        self.name = name

    def switch(self, name: str) -> None:
        """Go on with another journal; raises Refusal when there is none of that name."""
        self.journals[self.named(name)]
        self.name = name
        self.world = self.journal.world()

    def named(self, name: str) -> str:
        """The name, if a journal has it; raises Refusal."""
        if name not in self.journals:
            from trigdsl.diagnostics.suggest import did_you_mean

            known = ", ".join(f"`{one}`" for one in self.journals)
            raise Refusal(f"no fork `{name}`", did_you_mean(name, self.journals) or f"there are {known}")
        return name
