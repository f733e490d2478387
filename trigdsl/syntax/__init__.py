"""Text → syntax tree, and back.

How a text is read
------------------
1. `tokens` cuts the text into tokens with the lexer of `trig.lark` (found and loaded by `grammar`).  The lexer never
   fails: what is no token of the language is a token of a kind that no rule takes.  A keyword is a keyword everywhere
   but inside a path, in backticks, and as the key of a record; the few words that are special in one place only are
   listed in the grammar's rule for names.
2. `items` cuts the tokens at the words that begin a rule or declaration, so that a mistake in one item leaves the
   others alone.
3. `parser` hands each item to the LALR parser.  Where a token does not fit, `slips` asks what the author probably
   meant: each slip tries one explanation, often by asking the parser whether another token would have been taken
   (a `then` put in, a name instead of a keyword).  When none applies, `expected` says in words what could stand there.
4. `build` makes nodes of the parser's tree.  The grammar takes somewhat more than the language, which an LALR grammar
   has to where an event group and a condition look alike, and which makes better messages elsewhere: a modifier that
   stands twice, a clause before a step, an `or` that reads two ways.  The builder names these mistakes, and puts
   something harmless in their place, so that the checker can go on and nothing is reported twice.

Every wording is in `messages`.  Nodes (`nodes`) are frozen; two are equal when they say the same, wherever they stand.
`walk` goes through a tree without knowing its classes.

How a tree is printed
---------------------
`printer` is the way back: for any tree, a text that reads as an equal one.  It is what the property tests turn on, and
what reasons of decisions and plans are made with.  Comments and the author's line breaks are not in a tree.

Bounds: a tree nests at most `parser.MAX_DEPTH` levels, so whoever walks one may recurse; durations are at most a
hundred years; numbers fit a double.
"""
