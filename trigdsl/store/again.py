"""A call that is one transaction, done again when the connection to the store was lost in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from trigdsl.store.errors import StoreAway, StoreLost

P = ParamSpec("P")
T = TypeVar("T")

MOST_TIMES = 10
"""How often a call is begun at the most: a store that is lost in each of them has something against it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


def again(call: Callable[P, T]) -> Callable[P, T]:
    """Do it again, on a new connection, when the store was lost and nothing of it has been."""

    @wraps(call)
    def until_it_is_done(*given: P.args, **named: P.kwargs) -> T:
        for number in range(MOST_TIMES - 1):
            try:
                return call(*given, **named)
            except StoreAway:
                raise
            except StoreLost:
                # So that a call at which a server breaks does not keep it broken.
                time.sleep(min(_FIRST_PAUSE * 2**number, _LONGEST_PAUSE))
        return call(*given, **named)

    return until_it_is_done
