"""Prints, as JSON, every word of each program with the part it plays by Trig's own parser: colours must agree with it.

python words.py FILE…        a program, or a page of Markdown with programs in it
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from trigdsl.syntax.roles import words_of

found = []
for name in sys.argv[1:]:
    whole = Path(name).read_text(encoding="utf-8")
    for text in re.findall(r"```trig\n(.*?)```", whole, re.DOTALL) if name.endswith(".md") else [whole]:
        words = [[word.start, word.end, str(word.role)] for word in words_of(text)]
        found.append({"name": name, "text": text, "words": words})
json.dump(found, sys.stdout)
