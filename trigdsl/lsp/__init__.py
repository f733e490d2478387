"""Messages of an editor → answers about the rules that are open in it, by the Language Server Protocol.

How a keystroke is answered
---------------------------
1. `text` keeps what the editor shows, and turns the editor's positions (line, and units of its encoding) into offsets.
2. `pieces` cuts the text into its top-level items again.  Only the pieces around the change are read anew; every other
   piece keeps its trees, since places are counted from the start of the piece and not of the file.
3. `programs` puts the files of one program together and has the checker look at them, away from the thread that
   answers, so that no answer waits for it.  What the checker said about a piece that is still there goes on to hold
   until it has looked again.
4. `symbols` knows every place where a name is declared or used; a piece's symbols are found once.

Each feature is a module with a function from these to the protocol's values: `diagnostics`, `hover`, `completion`,
`navigation`, `renaming`, `outline`, `actions`, `colours`, `hints`, `formatting`.  `server` only hands them parameters,
and the editor their results.
"""
