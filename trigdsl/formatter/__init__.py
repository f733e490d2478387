"""The text of a `.trig` file → the one form that it is written in, every comment kept.

`pieces` puts each comment to the token that it belongs to, and gives tokens their one spelling (`30 minutes` is `30m`).
`phrases`, `rules` and `items` say where a line may break, as documents; `documents` breaks lines where they would be
too long; `lines` aligns columns and writes them down; `files` replaces files.  Line breaks and blanks of the author
have no say, but for blank lines between items and between the lines of a test.
"""

from trigdsl.formatter.form import UnformattableError, format_text

__all__ = ["UnformattableError", "format_text"]
