"""One decision: what the engine did, or did not do, with one action that was reached."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from attrs import field, frozen

from trigdsl.model.printing import print_duration
from trigdsl.model.values import Micros, Value, instant_text, micros

STATUSES = ("sent", "cancelled", "capped", "skipped", "control", "pending")


# Without slots it is made in half the time.
@frozen(kw_only=True, slots=False)
class Decision:
    """One decision. Instants are microseconds since the epoch; `to_dict` gives them as text.

    `time` is when it was decided (for `pending`, the moment its timer stands at), `triggered` the run's
    trigger, `due` the moment the step's delay ran out, before any window.  `reason` stands with every
    status but `sent`.  `key` names the delivery: equal for the same decision however often it is made.
    """

    user: str
    rule: str
    step: int
    action: str
    status: str
    time: Micros
    triggered: Micros
    due: Micros
    key: str
    reason: str | None = None
    channel: str | None = None
    variant: str | None = None
    text: str | None = None
    fields: dict[str, Value] | None = None
    target: str | None = None
    value: Value = None
    has_value: bool = field(default=False, repr=False)
    event_id: str | None = None
    title: str | None = None

    def to_dict(self) -> dict[str, Value]:
        """The JSON form: text instants, and only the keys that apply."""
        out: dict[str, Value] = {
            "user": self.user,
            "rule": self.rule,
            "step": self.step,
            "action": self.action,
        }
        if self.channel is not None:
            out["channel"] = self.channel
        if self.target is not None:
            out["target"] = self.target
        out["status"] = self.status
        if self.reason is not None:
            out["reason"] = self.reason
        out["time"] = instant_text(self.time)
        out["triggered"] = instant_text(self.triggered)
        out["due"] = instant_text(self.due)
        for name in ("variant", "text"):
            if (held := getattr(self, name)) is not None:
                out[name] = held
        if self.fields is not None:
            out["fields"] = json_value(self.fields)
        if self.has_value:
            out["value"] = json_value(self.value)
        for name in ("event_id", "title"):
            if (held := getattr(self, name)) is not None:
                out[name] = held
        out["key"] = self.key
        return out


def json_value(value: Value) -> Value:
    """A value with instants, dates and durations as text, as JSON can hold it."""
    if isinstance(value, dict):
        return {key: json_value(held) for key, held in value.items()}
    if isinstance(value, list):
        return [json_value(held) for held in value]
    if isinstance(value, datetime):
        return instant_text(micros(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return print_duration(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
