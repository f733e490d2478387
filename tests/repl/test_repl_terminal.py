"""The session in a real terminal, looked at as a person sees it: a screen of 100 columns, and its colours."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")
pytest.importorskip("prompt_toolkit")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")

RULE = "rule reminder: if cart_abandoned and cart.value > 200 then after 30m send push unless purchase"
COLUMNS, LINES = 100, 30
PATIENCE = 60
"""Seconds after which something that did not appear will not; it is no measure of how quick anything is."""
CTRL_C, CTRL_D, TAB, UP, ENTER, ALT_ENTER = "\x03", "\x04", "\t", "\x1b[A", "\r", "\x1b\r"


class Terminal:
    """A screen with `trig repl` on it."""

    def __init__(self, folder: Path, *args: str, program: tuple[str, ...] = ("-m", "trigdsl"), **more: str) -> None:
        hidden = {"NO_COLOR", "TRIGDSL_CACHE"}
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        env |= {"TERM": "xterm-256color", "XDG_STATE_HOME": str(folder), "PROMPT_TOOLKIT_NO_CPR": "1", **more}
        self.process: Any = pexpect.spawn(
            sys.executable,
            [*program, "repl", *args],
            cwd=str(folder),
            env=env,
            dimensions=(LINES, COLUMNS),
            encoding="utf-8",
        )
        self.screen: Any = pyte.Screen(COLUMNS, LINES)
        self.stream: Any = pyte.Stream(self.screen)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    def until(self, seen: Callable[[list[str]], bool]) -> None:
        """Waits until the screen shows something."""
        end = time.monotonic() + PATIENCE
        while not seen(self.lines):
            assert time.monotonic() < end, "\n".join(self.lines)
            try:
                self.stream.feed(self.process.read_nonblocking(10_000, 0.2))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                assert seen(self.lines), "\n".join(self.lines)

    def shows(self, *wanted: str) -> None:
        """Waits until each of these is part of a line, in this order."""

        def seen(lines: list[str]) -> bool:
            rest = iter(lines)
            return all(any(part in line for line in rest) for part in wanted)

        self.until(seen)

    def send(self, keys: str) -> None:
        self.process.send(keys)

    def colour_of(self, text: str) -> str:
        """The colour in which a text is shown, where it is shown last."""
        row = max(number for number, line in enumerate(self.lines) if text in line)
        return str(self.screen.buffer[row][self.lines[row].rindex(text)].fg)

    def ends(self) -> int:
        self.process.expect(pexpect.EOF, timeout=PATIENCE)
        self.process.close()
        return int(self.process.exitstatus)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    found = Terminal(tmp_path, "-e", RULE)
    found.shows("`:help` lists what else", "u1 Mon 2026-01-05 10:00>")
    yield found
    found.process.close(force=True)


def test_what_is_typed_is_answered_in_colour(terminal: Terminal) -> None:
    terminal.send("cart_abandoned { cart: { value: 250 } }" + ENTER)
    terminal.shows("10:00> cart_abandoned { cart: { value: 250 } }", "a run starts, step 1 is due at 10:30", "10:00>")
    terminal.send("+30m" + ENTER)
    terminal.shows("10:30  reminder sent on push", "10:30>")
    assert terminal.colour_of("reminder sent on push") == "green"
    terminal.send("purchase total" + ENTER)
    terminal.shows("typed:1:10: error:", "^^^^^", "= help: put in `{`", "10:30>")
    assert terminal.colour_of("error:") == "red"
    terminal.send(":quit" + ENTER)
    assert terminal.ends() == 0


def test_rules_are_highlighted_as_they_are_typed(terminal: Terminal) -> None:
    terminal.send("rule a: if cart_abandoned then send push")
    terminal.shows("then send push")
    terminal.until(lambda _: terminal.colour_of("then") != "default")
    assert terminal.colour_of("then") == terminal.colour_of("rule a") != terminal.colour_of("cart_abandoned")


def test_commands_and_questions_are_no_mistakes(terminal: Terminal) -> None:
    terminal.send("? count(cart_abandoned) > 1")
    terminal.shows("10:00> ? count(cart_abandoned) > 1")
    terminal.until(lambda _: terminal.colour_of("count") != "default")
    assert terminal.colour_of("? count") == "default"
    terminal.send(ENTER)
    terminal.shows("> 1", "  false", "10:00>")
    terminal.send(":why reminder")
    terminal.shows(":why reminder")
    assert terminal.colour_of(":why") == terminal.colour_of("why reminder") == "default"


def test_names_and_fields_are_completed(terminal: Terminal) -> None:
    terminal.send("cart_ab")
    terminal.shows("10:00> cart_ab", "cart_abandoned")
    terminal.send(TAB)
    terminal.shows("10:00> cart_abandoned")
    terminal.send(" { cart: { va")
    terminal.shows("{ cart: { va", "value")
    terminal.send(TAB + ": 300 } }" + ENTER)
    terminal.shows("cart: { value: 300 } }", "step 1 is due at 10:30")
    terminal.send(":wh")
    terminal.shows(":why ", ":whynot ")
    terminal.send(TAB + TAB + " rem")
    terminal.shows("10:00> :whynot rem", "reminder")
    terminal.send(TAB + ENTER)
    terminal.send(ENTER)
    terminal.shows("reminder (pending")


def test_a_rule_over_several_lines(terminal: Terminal) -> None:
    terminal.send("rule hello:" + ENTER)
    terminal.shows("> rule hello:", "...")
    terminal.send("if signup" + ENTER + "then send email" + ENTER)
    terminal.shows("...   if signup", "...   then send email", "...")
    assert not any("is live" in line for line in terminal.lines)
    terminal.send(ENTER)
    terminal.shows("...   then send email", "rule `hello` is live", "10:00>")
    terminal.send("signup {" + ENTER + "a: 1" + ENTER + "}" + ENTER)
    terminal.shows("> signup {", "...   a: 1", "hello sent on email")


def test_escape_enter_ends_a_text_wherever_it_is(terminal: Terminal) -> None:
    terminal.send("rule a:" + ENTER + "if signup then send email")
    terminal.shows("...   if signup then send email")
    terminal.send(ALT_ENTER)
    terminal.shows("rule `a` is live")


def test_ctrl_c_drops_a_line_and_ctrl_d_ends(terminal: Terminal) -> None:
    terminal.send("cart_abandoned { cart: { value: 250 }")
    terminal.shows("value: 250 }")
    terminal.send(CTRL_C)
    terminal.until(lambda lines: sum("10:00>" in line for line in lines) == 2)
    terminal.send(":pending" + ENTER)
    terminal.shows("nothing waits", "10:00>")
    terminal.send(CTRL_D)
    assert terminal.ends() == 0


def test_what_was_typed_is_there_again_in_the_next_session(terminal: Terminal, tmp_path: Path) -> None:
    terminal.send("rule hello:" + ENTER + "if signup" + ENTER + "then send email" + ENTER + ENTER)
    terminal.shows("is live")
    terminal.send("+30m" + ENTER)
    terminal.shows("10:30>")
    terminal.send(UP)
    terminal.shows("10:30> +30m")
    terminal.send(CTRL_C + CTRL_D)
    assert terminal.ends() == 0
    file = tmp_path / "trigdsl" / "repl_history"
    assert file.stat().st_mode & 0o777 == 0o600
    again = Terminal(tmp_path, "-e", RULE)
    again.shows("10:00>")
    again.send(UP + UP)
    again.shows("10:00> rule hello:", "...   if signup", "...   then send email")
    again.process.close(force=True)


def test_lines_that_are_pasted_are_answered_one_by_one(terminal: Terminal) -> None:
    lines = "cart_abandoned {\n  cart.value: 300\n}\n+10m\n# a comment\nrule a:\n  if x\n  then send sms\n+1h x"
    terminal.send(f"\x1b[200~{lines}\x1b[201~")
    terminal.shows("...   then send sms", "... +1h x")
    terminal.send(ENTER + ENTER)
    terminal.shows("step 1 is due at 10:30", "10:00> +10m", "10:10> rule a:", "...   if x", "rule `a` is live")
    terminal.shows("10:10> +1h x", "10:30  reminder sent on push", "11:10  a sent on sms", "11:10>")


def test_without_colour(tmp_path: Path) -> None:
    plain = Terminal(tmp_path, "-e", RULE, NO_COLOR="1")
    plain.shows("10:00>")
    plain.send("cart_abandoned { cart: { value: 250 } }" + ENTER + "+30m" + ENTER)
    plain.shows("reminder sent on push")
    assert plain.colour_of("reminder sent on push") == "default"
    assert plain.colour_of("cart_abandoned") == "default"
    plain.process.close(force=True)


WITHOUT = (
    "-c",
    "import sys; sys.modules['prompt_toolkit'] = None; from trigdsl.cli import main; sys.exit(main(sys.argv[1:]))",
)
"""The command as if prompt_toolkit were not installed."""


def test_without_prompt_toolkit_there_is_a_plain_prompt(tmp_path: Path) -> None:
    plain = Terminal(tmp_path, "-e", RULE, program=WITHOUT)
    plain.shows("pip install 'trigdsl[repl]'", "10:00>")
    plain.send("cart_abandoned {" + ENTER)
    plain.shows("10:00> cart_abandoned {", "...")
    plain.send("cart: { value: 250 } }" + ENTER)
    plain.shows("step 1 is due at 10:30", "10:00>")
    plain.send("half a line" + CTRL_C)
    plain.until(lambda lines: sum("10:00>" in line for line in lines) == 3)
    plain.send("+30m" + ENTER)
    plain.shows("10:30  reminder sent on push", "10:30>")
    plain.send(CTRL_D)
    assert plain.ends() == 0


def test_a_script_needs_no_prompt_toolkit(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *WITHOUT, "repl", "-e", RULE],
        input="cart_abandoned { cart.value: 250 }\n+30m\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.splitlines()[-1] == "  10:30  reminder sent on push"
    assert done.stderr == ""
