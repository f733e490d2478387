"""A law and a case → how the law is broken, and the smallest case that breaks it."""

from __future__ import annotations

import random
import traceback

from differences import described, shrunk
from laws import Law
from programs import Case

import trigdsl


def breach(law: Law, case: Case, seed: int) -> str | None:
    """How a case breaks a law; None when it does not, when the checker refuses its program, or it has no records."""
    try:
        if case.records:
            law(case, random.Random(seed))
    except trigdsl.TrigError:
        return None
    except AssertionError as error:
        return str(error)
    except Exception:
        return traceback.format_exc()
    return None


def smallest(law: Law, case: Case, seed: int) -> tuple[Case, str]:
    """The case with everything left out without which it still breaks the law, and how."""
    crashed = is_crash(breach(law, case, seed))
    less = shrunk(case, lambda one: (how := breach(law, one, seed)) is not None and is_crash(how) is crashed)
    return less, breach(law, less, seed) or ""


def is_crash(how: str | None) -> bool:
    return how is not None and how.startswith("Traceback")


def told(law: Law, case: Case, seed: int) -> str:
    """The breach of a law, to be read by people."""
    less, how = smallest(law, case, seed)
    return f"{law.__name__}, seed {seed}\n{described(less)}\n{how}"
