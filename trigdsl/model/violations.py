"""One broken invariant: a send that should not have gone."""

from __future__ import annotations

from attrs import frozen

from trigdsl.model.decisions import Decision
from trigdsl.model.values import Micros, Value, instant_text


@frozen(kw_only=True)
class Violation:
    """A send that broke an invariant.

    `invariant` is its name, `promise` what it says (`at most 3 sends per 1d`), `because` what was so at the moment
    of the `decision`, as a phrase.
    """

    invariant: str
    promise: str
    because: str
    decision: Decision

    @property
    def user(self) -> str:
        """To whom it was sent."""
        return self.decision.user

    @property
    def time(self) -> Micros:
        """When the message was sent, in microseconds since the epoch."""
        return self.decision.time

    def to_dict(self) -> dict[str, Value]:
        """The JSON form, with the time as text and the whole decision."""
        return {
            "invariant": self.invariant,
            "promise": self.promise,
            "because": self.because,
            "user": self.user,
            "time": instant_text(self.time),
            "decision": self.decision.to_dict(),
        }
