"""The table of habits: words of speech and of other languages → what is written here.

Each habit is a line: the words, what stands before them (the type of the token, or nothing for any), which terminals
the parser would take in their place (one of them is enough), the message and the help.  The first that fits is told.
`{word}` is the word, `{next}` the text behind it, `{before}` the text before it.
"""

from __future__ import annotations

from attrs import frozen

from trigdsl.syntax.grammar import terminals

_DAYS = "MON TUE WED THU FRI SAT SUN WEEKDAYS WEEKENDS"
_OPERATOR = "COMPARE"
_MODIFIER = "UNLESS"
_STEP = "AFTER"
_PERIOD = "IN_LAST"


@frozen
class Habit:
    """One line of the table."""

    words: frozenset[str]
    before: frozenset[str]
    takes: frozenset[str]
    message: str
    help: str
    until: int = 0
    code: str = "syntax-error"


def _line(
    words: str, before: str, takes: str, message: str, help: str, until: int = 0, code: str = "syntax-error"
) -> Habit:
    """`until` is how many tokens more are underlined."""
    return Habit(frozenset(words.split()), terminals(before), terminals(takes), message, help, until, code)


HABITS = (
    # how a rule or a file begins
    _line(
        "when whenever on upon after once", "$START", "", "a rule begins with `if`", "write `if` instead of `{word}`"
    ),
    _line("send then", "$START", "", "a rule begins with what happens", "write `if … then send …`"),
    _line("// / -- - /*", "$START", "", "a comment begins with `#`", "write `#` instead of `{word}`"),
    # names
    _line(":", "RULE", "", "this rule has no name", "write `rule some_name:`, or begin with `if`"),
    # triggers
    _line(
        "= == is to",
        "PATH",
        "BECOMES",
        "a rule watches an attribute with `becomes`",
        "write `becomes`",
        code="missing-trigger",
    ),
    _line(
        "becomes joins",
        "USER",
        "ENTERS",
        "a rule watches a segment or list with `enters` or `leaves`",
        "write `user enters {next}`",
    ),
    _line("in within since after", "", "FOR", "a silence is told with `for`", "write `no … for {next}`"),
    _line("at", "MONTH", "ON", "`every month` needs its day", "write `every month on 1 at …`"),
    # the head of a step
    _line("wait delay in sleep pause", "", _STEP, "a delay is told with `after`", "write `after` instead of `{word}`"),
    _line(
        "tomorrow",
        "",
        _STEP,
        "a day later is told with `after 1 calendar day`",
        "write `after 1 calendar day at 09:00`",
    ),
    _line("after", "TIME ZONE LOCAL UTC", "SEND", "`after` stands before `at`", "write `after … at …`"),
    # what follows an action
    _line("to", "DATE", _MODIFIER, "a campaign is told with `from` and `until`", "write `until {next}`"),
    _line(
        "to",
        "",
        _MODIFIER,
        "a message goes to the user that the rule runs for, and `send` names the channel",
        "remove `to {next}`",
        1,
    ),
    _line(
        "within",
        "",
        _MODIFIER,
        "`within` belongs to an `unless` or a `goal`",
        "write `unless … within {next}`, or `expires {next}` for what comes too late",
    ),
    _line("except but cancel", "", _MODIFIER, "what cancels a step is told with `unless`", "write `unless`"),
    _line("else default", "", "OTHERWISE", "the last variant begins with `otherwise`", "write `otherwise:`"),
    _line("and or", _DAYS, "COMMA", "days are joined by `,`", "write `,` instead of `{word}`"),
    _line("-", _DAYS, "COMMA", "days have no ranges", "write `weekdays`, `weekends`, or each day: `mon, tue`"),
    _line(
        "and or",
        "",
        _MODIFIER,
        "actions are joined by `,`",
        "write `,` instead of `{word}`, or `then` for a further step",
    ),
    _line(
        "max maximum most limit",
        "",
        "AT_MOST CHANNEL_CAP",
        "how often is told with `at most` in a rule and with `cap` in a channel",
        "write `at most` or `cap` instead of `{word}`",
    ),
    _line("once", "AT_MOST", "", "`at most` wants a number", "write `once per …` alone, or `at most 1 per …`"),
    _line("a an each every / for", "", "PER", "how often is told with `per`", "write `per` instead of `{word}`"),
    _line(
        "quiet silent", "", "CHANNEL_CAP", "a channel tells the hours in which it sends", "write `between 09:00-21:00`"
    ),
    _line(
        "no not",
        "UNLESS STOP_ON",
        "",
        "`{before}` waits for an event, not for its absence",
        "name the event that cancels, or ask before the action: `then if no … in last 1d send …`",
    ),
    _line("weekends", "NOT_ON", "", "`not on` names a calendar", "name the other days: `on weekdays`"),
    _line("weekdays", "NOT_ON", "", "`not on` names a calendar", "name the other days: `on weekends`"),
    _line("replace reset", "", "RESTART", "a run that is still pending can be told to `restart`", "write `restart`"),
    _line("skip drop", "", "RESTART", "a new trigger can be told to be left out with `ignore`", "write `ignore`"),
    _line("drop stop end", "", "RETIME", "runs of a changed rule can be ended", "write `cancel`"),
    _line("ignore old", "", "RETIME", "runs of a changed rule can go on as before", "write `keep`"),
    _line("restart replace new", "", "RETIME", "runs of a changed rule can take its new text", "write `retime`"),
    _line("queue parallel", "", "RESTART", "runs side by side are told with `stack`", "write `stack`"),
    _line(
        "and to till until", "TIME", "MINUS", "the two times of a window are joined by `-`", "write `{before}-{next}`"
    ),
    _line("-", "", "DURATION", "a length of time is never negative", "remove the `-`"),
    _line("-", "", "NUMBER", "a count is never negative", "remove the `-`"),
    # conditions
    _line(
        "[",
        "",
        _OPERATOR,
        "an item of a list is not read by its place",
        "ask with `contains` or `in`, or for the `length`",
    ),
    _line(
        "like",
        "",
        _OPERATOR,
        "text is searched with `contains`, `starts with`, `ends with` or `matches`",
        "write one of these",
    ),
    _line("between", "", _OPERATOR, "`between` is for hours of a day", "compare twice: `x >= {next} and x <= …`"),
    _line("equals eq equal", "", _OPERATOR, "values are compared with `==`", "write `==`"),
    _line("has includes include", "", _OPERATOR, "a text or list is searched with `contains`", "write `contains`"),
    _line("over above greater more gt", "", _OPERATOR, "values are compared with `>`", "write `>`"),
    _line("under below less fewer lt", "", _OPERATOR, "values are compared with `<`", "write `<`"),
    _line("{ (", "IN", "", "a list stands in square brackets", 'write `["a", "b"]`'),
    _line("in within last during for past", "", _PERIOD, "a period is told with `in last`", "write `in last 3d`"),
    _line(
        "last",
        "TIME_SINCE",
        "",
        "`time since` is the time since the latest",
        "remove `last`, or write `time since previous …`",
    ),
    # declarations
    _line(": == to is as :=", "", "EQUAL", "a `=` belongs here", "write `=` instead of `{word}`"),
    _line("(", "", "LBRACE", "fields stand in braces", "write `{{ … }}`"),
    _line("then", "", "COLON", "a variant is its condition, a `:` and its text", "write `:` instead of `then`"),
    # tests and invariants
    _line("nothing", "EXPECT", "", "a test tells with `no sends` that nothing is sent", "write `expect no sends`"),
    _line("never not", "COLON", "NO", "an invariant begins with `no` or `at most`", "write `no` instead of `{word}`"),
)
