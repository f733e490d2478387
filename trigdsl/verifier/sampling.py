"""A program → stories drawn from all that it mentions, one after another, for whoever wants to look at them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import NoSuchExample

from trigdsl.checker.program import CheckedProgram
from trigdsl.engine.program import Program
from trigdsl.tester.mentions import mentions_of
from trigdsl.tester.stories import Story
from trigdsl.verifier.drawing import Stories


def sample_stories(
    program: Program, checked: CheckedProgram, examples: int, seed: int, is_enough: Callable[[Story], bool]
) -> None:
    """Draw so many stories and show each, until `is_enough` says so; the same ones for the same seed."""
    try:
        find(
            Stories(mentions_of(checked), program.zone).strategy(),
            is_enough,
            settings=settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            ),
            random=Random(seed),
        )
    except NoSuchExample:
        return
