"""How long checking many rules takes: `python benchmarks/check_rules.py [COUNT]`, 1,000 rules if left out.

Prints the processor time of a fresh process, as `trig check` is one: to import, to parse, to check, to compile.
"""

from __future__ import annotations

import sys
from time import process_time

HEAD = """\
event purchase { total: number, items: list, cart.id: text }
event cart_abandoned { cart.id: text, cart.value: number, cart.items: list }
user { name: text, tier: text, push_opt_in: boolean }
channel push:
  between 09:00-21:00 local
  cap 2 per day
  requires user.push_opt_in
segment vip = user.tier == "gold" or sum(purchase.total) in last 90d >= 1000
"""
RULE = """\
rule cart_{n}:
  if cart_abandoned and cart.value > {n} and no purchase in last 1d
  then after 30m send push "{{{{ user.name }}}}, your {{{{ cart.items | length }}}} items ship free today"
  unless purchase
  at most 1 per 7d
"""


def main(count: int) -> None:
    text = HEAD + "".join(RULE.format(n=n) for n in range(count))
    start = process_time()
    import trigdsl
    from trigdsl.checker.check import check
    from trigdsl.source import Source
    from trigdsl.syntax.parser import parse_file

    imported = process_time()
    trigdsl.parse(text)
    whole = process_time()
    source = Source("rules.trig", text)
    parsed = parse_file(source)
    read = process_time()
    assert parsed.file is not None
    _, findings = check([(parsed.file, source)])
    checked = process_time()
    assert not findings
    print(f"{count:,} rules, {text.count(chr(10)):,} lines")
    print(f"import {imported - start:.2f} s, all of `trig check` {whole - start:.2f} s")
    print(f"of it: parsing {read - whole:.2f} s, checking {checked - read:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
