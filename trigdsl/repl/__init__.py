"""A session with rules and a clock: lines that are typed → what happens, told as it happens.

`reading` makes of a line what it says: it is in the language of tests, plus rules, moves of the clock and commands that
begin with a colon.  `world` is the engine with a trace and a clock that stands still until it is moved; `session`
keeps the journal of what was done to it, from which lines can be taken back and other ways tried.  `shell` answers one
line with text; `script` feeds it from a file or a pipe, `terminal` from people, with `prompting` comfortably.
"""
