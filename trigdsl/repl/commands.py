"""`:command argument` → what it does, and its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from trigdsl.diagnostics.suggest import did_you_mean
from trigdsl.explainer.wording import moment
from trigdsl.loading import compile_sources
from trigdsl.repl.comparing import compare
from trigdsl.repl.refusal import Refusal
from trigdsl.repl.showing import BOLD, DIM, Line, Said, Showing
from trigdsl.repl.slips import unknown_command

if TYPE_CHECKING:
    from trigdsl.repl.shell import Shell

Answer: TypeAlias = "Iterator[Said]"


@frozen
class Command:
    """A command: how it is written, what it does in one line, and the function that does it."""

    name: str
    usage: str
    help: str
    function: Callable[[Shell, str], Answer]


COMMANDS: dict[str, Command] = {}


def command(usage: str, help: str) -> Callable[[Callable[[Shell, str], Answer]], Callable[[Shell, str], Answer]]:
    """Registers a function as a command; the usage begins with its name."""

    def register(function: Callable[[Shell, str], Answer]) -> Callable[[Shell, str], Answer]:
        name = usage.split(maxsplit=1)[0].removeprefix(":")
        COMMANDS[name] = Command(name, usage, help, function)
        return function

    return register


def run(shell: Shell, name: str, argument: str) -> Answer:
    """What a command says; raises Refusal for one that there is not."""
    if name not in COMMANDS:
        raise unknown_command(name, list(COMMANDS))
    return COMMANDS[name].function(shell, argument)


def _none(argument: str, name: str) -> None:
    if argument:
        raise Refusal(f"`:{name}` stands alone", f"leave out `{argument}`")


def rule_named(shell: Shell, name: str) -> int:
    """The place of a rule in the program; raises Refusal when there is none of that name."""
    names = [rule.name for rule in shell.world.checked.rules]
    if name not in names:
        known = ", ".join(f"`{one}`" for one in names)
        raise Refusal(f"no rule `{name}`", did_you_mean(name, names) or (f"there are {known}" if known else "type one"))
    return names.index(name)


# ------------------------------------------------------------------------ what is
@command(":pending", "what waits, of all users, by time")
def _pending(shell: Shell, argument: str) -> Answer:
    _none(argument, "pending")
    lines = list(Showing(shell.world, shell.session.user, shell.world.now).pending())
    yield from lines or [Line("  nothing waits", DIM)]


@command(":state [USER]", "all that is kept of the user")
def _state(shell: Shell, argument: str) -> Answer:
    import msgspec

    from trigdsl.store.personal import shown_state

    user = argument or shell.session.user
    state = shell.world.state(user)
    shown = {} if state is None else shown_state(shell.world.program, state)
    shown.pop("user", None)
    if shown:
        yield msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()
    else:
        yield Line(f"  nothing is kept of {user}", DIM)


@command(":users", "the users of whom something is known")
def _users(shell: Shell, argument: str) -> Answer:
    _none(argument, "users")
    world = shell.world
    for user in world.users:
        state = world.state(user)
        profile = " ".join(f"{name}={held}" for name, held in ((state.profile if state else None) or {}).items())
        here = "*" if user == shell.session.user else " "
        yield f"{here} {user}  {moment(world.now, world.zone(user))} {world.zone(user).name}  {profile}".rstrip()
    if not world.users:
        yield Line("  nobody yet", DIM)


# ------------------------------------------------------------------------ why
@command(":why [RULE]", "the user's story, or what of it concerns a rule")
def _why(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.telling import story

    yield story(shell.world, shell.world.user_of(shell.session.user), argument or None, shell)


@command(":whynot [RULE]", "why a rule sent the user nothing, and what was needed; all that did not, if not named")
def _whynot(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.telling import silence, silences

    user = shell.world.user_of(shell.session.user)
    if argument:
        yield from silence(shell.world, user, rule_named(shell, argument))
    else:
        yield from silences(shell.world, user)


# ------------------------------------------------------------------------ time travel
@command(":to next", "move the clock to what is due next")
def _to(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.world import Moved

    if argument != "next":
        raise Refusal("`:to` goes to `next`", "write `:to next`, or a time alone: `+30m`, `09:00 tomorrow`")
    due = shell.world.next_due()
    if due is None:
        yield Line("  nothing is due", DIM)
        return
    yield from shell.do(":to next", [Moved(due)])


@command(":back [N]", "take the last line that did something back, or the last N")
def _back(shell: Shell, argument: str) -> Answer:
    if argument and not (argument.isdecimal() and int(argument)):
        raise Refusal(f"`{argument}` is no number of lines", "write `:back` or `:back 3`")
    for step in reversed(shell.session.back(int(argument or 1))):
        yield Line(f"  taken back: {step.text.splitlines()[0]}{' …' if chr(10) in step.text else ''}", DIM)


@command(":log", "the lines that did something, the last one last")
def _log(shell: Shell, argument: str) -> Answer:
    _none(argument, "log")
    for number, step in enumerate(shell.session.journal.steps, 1):
        first, *rest = step.text.splitlines()
        yield f"{number:>4}  {step.user}  {first}{' …' if rest else ''}"


@command(":fork [NAME]", "go on under another name, and leave all as it is under this one; or list the forks")
def _fork(shell: Shell, argument: str) -> Answer:
    session = shell.session
    if argument:
        if len(argument.split()) > 1:
            raise Refusal("a fork has one name", "write `:fork NAME`")
        before = session.name
        session.fork(argument)
        yield Line(f"  now in {argument}; `:switch {before}` goes back to how it was", DIM)
        return
    for name, journal in session.journals.items():
        parent = f", from {journal.parent}" if journal.parent is not None else ""
        count = len(journal.steps)
        yield f"{'*' if name == session.name else ' '} {name}: {count} line{'' if count == 1 else 's'}{parent}"


@command(":switch NAME", "go to another fork")
def _switch(shell: Shell, argument: str) -> Answer:
    if not argument:
        raise Refusal("which fork?", "`:fork` lists them")
    shell.session.switch(argument)
    yield from ()


@command(":compare [A [B]]", "where the decisions of two forks differ; the parent and this one if not named")
def _compare(shell: Shell, argument: str) -> Answer:
    session = shell.session
    names = argument.split()
    if len(names) > 2:
        raise Refusal("two forks are compared", "write `:compare A B`")
    if not names:
        parent = session.journal.parent or next((one for one in session.journals if one != session.name), None)
        if parent is None:
            raise Refusal("there is nothing to compare with", "`:fork NAME` begins another way")
        names = [parent]
    one, other = session.named(names[0]), session.named(names[1] if len(names) == 2 else session.name)
    yield from compare(session, one, other)


# ------------------------------------------------------------------------ files
@command(":load FILE", "take in rules (.trig, or a folder) or events (.jsonl, .csv, .parquet)")
def _load(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.files import load

    if not argument:
        raise Refusal("which file?", "write `:load rules.trig` or `:load events.jsonl`")
    yield from load(shell, argument)


@command(":reload", "read the files of rules again; what is kept of users stays")
def _reload(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.files import hidden

    _none(argument, "reload")
    texts = shell.world.texts
    if not texts.loaded:
        raise Refusal("no file of rules was loaded", "`:load FILE` loads one")
    yield from shell.rule(":reload", texts.reload())
    yield Line(f"  read again: {', '.join(one.path for one in texts.loaded)}", DIM)
    yield from hidden(shell)


@command(':save test [FILE] ["TITLE"]', "the user's session as a `test`; `:save rules [FILE]`: what was typed")
def _save(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.files import save_rules, save_test

    what, _, rest = argument.partition(" ")
    if what == "test":
        yield from save_test(shell, rest.strip())
    elif what == "rules":
        yield from save_rules(shell, rest.strip())
    else:
        raise Refusal("what is to be saved?", "write `:save test` or `:save rules`, and a file behind it if you like")


# ------------------------------------------------------------------------ what the language makes of it
@command(":rules [RULE]", "the rules, or the text of one")
def _rules(shell: Shell, argument: str) -> Answer:
    checked = shell.world.checked
    if argument:
        yield checked.rules[rule_named(shell, argument)].node.span.text
        return
    for rule in checked.rules:
        first = " ".join(rule.node.trigger.span.text.split())
        title = f' "{rule.title}"' if rule.title else ""
        yield f"  {rule.name}{title}: if {first} …"
    if not checked.rules:
        yield Line("  none yet: type one, such as `if signup then send push`", DIM)


@command(":types", "the fields of events and users, and their types")
def _types(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.insides import types

    _none(argument, "types")
    yield from types(shell.world.checked)


@command(":ast RULE", "the syntax tree of a rule")
def _ast(shell: Shell, argument: str) -> Answer:
    from trigdsl.repl.insides import tree

    if not argument:
        raise Refusal("which rule?", "write `:ast RULE`")
    yield from tree(shell.world.checked.rules[rule_named(shell, argument)].node)


@command(":code", "the Python code that the rules compile to")
def _code(shell: Shell, argument: str) -> Answer:
    _none(argument, "code")
    texts = shell.world.texts
    yield compile_sources(texts.sources, texts.folder, {})[0].code.rstrip("\n")


@command(":bounds", "what is kept for a user, at most")
def _bounds(shell: Shell, argument: str) -> Answer:
    _none(argument, "bounds")
    yield shell.bounds_of(shell.world.program).rstrip("\n")


# ------------------------------------------------------------------------ the rest
@command(":help [COMMAND]", "what can be written here")
def _help(shell: Shell, argument: str) -> Answer:
    if argument:
        name = argument.removeprefix(":")
        if name not in COMMANDS:
            raise unknown_command(name, list(COMMANDS))
        yield f"  {COMMANDS[name].usage}: {COMMANDS[name].help}"
        return
    yield from (f"  {written:<40} {does}" for written, does in LINES)
    yield Line("commands", BOLD)
    yield from (f"  {one.usage:<28} {one.help}" for one in COMMANDS.values())


LINES = (
    ("if signup then send push", "a rule is live at once; so are declarations"),
    ("cart_abandoned { cart: { value: 250 } }", "an event of the user"),
    ('set user.tier = "gold"', "a change of the user; add to LIST, remove from LIST"),
    ("+30m   09:00 tomorrow   2026-11-20 10:00", "move the clock; an event may follow"),
    ("user u2", "go on with another user"),
    ('user u2 { tier: "gold" } in newsletter', "... of whom this is known beforehand"),
    ("expect no sends", "judge as a test would"),
    ("? cart.value > 200", "the value of an expression, now"),
)


@command(":quit", "end the session")
def _quit(shell: Shell, argument: str) -> Answer:
    _none(argument, "quit")
    shell.is_over = True
    yield from ()
