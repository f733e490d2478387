"""The language server as an editor meets it: a process that is sent messages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from client import URI, Editor, edited, in_editor, part
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

PROGRAM = """\
timezone "Asia/Seoul"
event purchase = "Order Completed" { total: number, cart.id: text }
event cart { cart.id: text, cart.value: number }
user { name: text, tier: text }
channel push: between 09:00-21:00 cap 2 per day
calendar sale_days = [2026-11-27]
segment vip = user.tier == "gold"
list newsletter

rule reminder "Abandoned cart":
  if cart and cart.value > 200 and no purchase in last 1d
  then after 90m send push
    when user in vip as golden: "Hello {{ user.name | default('you') }}"
    otherwise: "Come back"
  unless purchase
  stop on unsubscribed reminder
  tag carts
rule sale: if every sale_days at 10:00 and user not in newsletter then send push "Sale"

test "a purchase cancels":
  user { tier: "gold" }
  2026-11-20 10:00 cart { cart: { id: "c", value: 250 } }
  +20m purchase { total: 250 }
  expect reminder cancelled "unless purchase"
  expect no reminder as golden
"""


def at(editor: Editor, mark: str, inside: str | None = None) -> dict[str, object]:
    """The place of `inside` in the only `mark` of the text."""
    place = editor.at(mark)
    place["position"].character += mark.index(inside) if inside else 0
    return place


def codes(found: list[lsp.Diagnostic]) -> list[object]:
    return [one.code for one in found]


def test_what_the_server_offers() -> None:
    async def scenario(editor: Editor) -> None:
        offers = editor.capabilities
        assert offers.hover_provider
        assert offers.completion_provider is not None
        assert offers.definition_provider
        assert offers.references_provider
        assert offers.rename_provider
        assert offers.document_symbol_provider
        assert offers.code_action_provider
        assert offers.semantic_tokens_provider is not None
        assert offers.inlay_hint_provider
        assert offers.text_document_sync.change == lsp.TextDocumentSyncKind.Incremental  # type: ignore[union-attr]

    in_editor(scenario)


def test_a_program_without_mistakes_has_no_diagnostics() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        await editor.client.text_document_hover_async(lsp.HoverParams(**at(editor, "rule sale", "sale")))
        assert await editor.diagnostics() == []
        assert all(told.diagnostics in ((), []) for told in editor.told[URI])

    in_editor(scenario)


def test_mistakes_come_and_go_as_they_are_typed() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("if signup then send push\n")
        assert await editor.diagnostics() == []
        editor.change((0, 15), (0, 19), "sned")
        (found,) = await editor.diagnostics(bool)
        assert (found.code, found.severity) == ("syntax-error", lsp.DiagnosticSeverity.Error)
        assert found.range == lsp.Range(lsp.Position(0, 15), lsp.Position(0, 19))
        editor.change((0, 15), (0, 19), "send")
        assert await editor.diagnostics(lambda found: not found) == []

    in_editor(scenario)


def test_what_the_checker_finds_has_its_place_help_and_related_places() -> None:
    async def scenario(editor: Editor) -> None:
        text = "# café 😀\nevent a\nrule x: if a and user.age == 1 then send push\nuser { agee: number }\nevent a\n"
        editor.open(text)
        found = await editor.diagnostics(lambda found: len(found) == 2)
        assert codes(found) == ["unknown-field", "duplicate-name"]
        assert [part(text, one.range) for one in found] == ["user.age", "a"]
        assert found[0].message.endswith("help: did you mean `user.agee`?")
        (related,) = found[1].related_information or ()
        assert related.location.range == lsp.Range(lsp.Position(1, 6), lsp.Position(1, 7))

    in_editor(scenario)


def test_findings_move_with_their_rule() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("if a then send push\nrule y: if b and user in nobody then send push\n")
        (_, found) = await editor.diagnostics(lambda found: len(found) == 2)
        assert found.range.start == lsp.Position(1, 25)
        editor.change((0, 0), (0, 0), "\n\n")
        (_, moved) = await editor.diagnostics(lambda found: len(found) == 2)
        assert moved.range.start == lsp.Position(3, 25)

    in_editor(scenario)


@pytest.mark.parametrize(
    ("mark", "inside", "said"),
    [
        ("rule reminder", "reminder", ["**reminder**: Abandoned cart", "90 minutes later: send a message on `push`"]),
        ("if cart and", "cart", ["event cart { cart.id: text, cart.value: number }", "used 2 times"]),
        ("cart.value > 200", "cart", ["cart.value: number", "property of `cart`"]),
        ("user.name |", "user", []),
        ("user in vip", "vip", ['segment vip = user.tier == "gold"']),
        ("after 90m", "90m", ["90 minutes", "`1h30m`", "5,400 seconds"]),
        ("  unless purchase", "unless", ["**unless**", "cancels the step"]),
        ("no purchase in last 1d", "in last", ["**in last**"]),
        ("every sale_days", "sale_days", ["calendar sale_days = [2026-11-27]"]),
        ("not in newsletter", "newsletter", ["list newsletter", "used once"]),
        ("tag carts", "carts", ["tag `carts`"]),
        ("as golden:", "golden", ["variant `golden`"]),
        ('"gold"\nlist', '"gold"', ['"gold": text']),
    ],
)
def test_hover(mark: str, inside: str, said: list[str]) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        found = await editor.client.text_document_hover_async(lsp.HoverParams(**at(editor, mark, inside)))  # type: ignore[arg-type]
        text = found.contents.value if found is not None else ""  # type: ignore[union-attr]
        assert [words for words in said if words not in text] == [], text
        assert bool(text) == bool(said)

    in_editor(scenario)


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("", ["rule", "if", "event"], ["then", "unless"]),
        ("rule x: if ", ["purchase", "cart", "no", "every", "first"], ["user.name", "then", "push"]),
        ("rule x: if cart and ", ["cart.value", "user.tier", "lower", "not", "local.hour", "no"], ["total", "then"]),
        ("rule x: if cart and cart.", ["value", "id"], ["total", "purchase"]),
        ("rule x: if cart and user.", ["name", "tier"], ["value"]),
        ("rule x: if cart and user.t", ["tier"], []),
        ("rule x: if cart and local.", ["hour", "weekday"], ["name"]),
        ("rule x: if cart and user in ", ["vip", "newsletter"], ["sale_days"]),
        ("rule x: if cart and sum(purchase.", ["total", "cart.id"], ["value"]),
        ("rule x: if cart then send ", ["push"], ["vip", "cart"]),
        ("rule x: if cart then after ", ["30m", "1h"], ["push"]),
        ("rule x: if cart then send push unless ", ["purchase", "cart"], ["push", "user.tier"]),
        ("rule x: if cart then add to ", ["newsletter"], ["sale_days"]),
        ("rule x: if opened ", ["reminder", "sale"], ["cart"]),
        ("rule x: if every ", ["sale_days", "day", "month"], ["cart"]),
        ('rule x: if cart then send push "Hi {{ user.', ["name", "tier"], ["value"]),
        ('rule x: if cart then send push "Hi {{ ', ["user.name", "cart.value"], ["then", "lower"]),
        ("event new { total: ", ["text", "number", "instant", "list"], ["cart"]),
        ("rule ", [], ["reminder", "cart"]),
        ('test "t":\n  2026-11-20 10:00 ca', ["cart", "purchase"], ["push"]),
        ('test "t":\n  2026-11-20 10:00 cart\n  expect ', ["reminder", "sale"], ["cart"]),
    ],
)
def test_completion(text: str, wanted: list[str], unwanted: list[str]) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(f"{PROGRAM}\n{text}")
        place = lsp.Position(PROGRAM.count("\n") + 1 + text.count("\n"), len(text.rpartition("\n")[2]))
        params = lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), place)
        answer = await editor.client.text_document_completion_async(params)
        labels = [item.label for item in answer.items]  # type: ignore[union-attr]
        assert set(wanted) <= set(labels), labels
        assert not set(unwanted) & set(labels), labels

    in_editor(scenario)


def test_a_completion_replaces_what_is_written_of_the_word() -> None:
    async def scenario(editor: Editor) -> None:
        text = "event `Order Completed`\nif `Ord"
        editor.open(text)
        params = lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), lsp.Position(1, 7))
        answer = await editor.client.text_document_completion_async(params)
        (item,) = [one for one in answer.items if one.label == "`Order Completed`"]  # type: ignore[union-attr]
        assert edited(text, [item.text_edit]) == "event `Order Completed`\nif `Order Completed`"

    in_editor(scenario)


def test_completion_goes_on_while_another_rule_is_broken() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("rule broken: if if if\nrule fine: if paid then send sms\nrule x: if paid then send ")
        params = lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), lsp.Position(2, 26))
        answer = await editor.client.text_document_completion_async(params)
        assert "sms" in [item.label for item in answer.items]  # type: ignore[union-attr]

    in_editor(scenario)


def test_definition_and_references() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        place = at(editor, "  unless purchase\n", "purchase")
        (found,) = await editor.client.text_document_definition_async(lsp.DefinitionParams(**place))  # type: ignore[arg-type, misc]
        assert found.range == lsp.Range(lsp.Position(1, 6), lsp.Position(1, 14))
        everywhere = lsp.ReferenceParams(context=lsp.ReferenceContext(include_declaration=True), **place)  # type: ignore[arg-type]
        uses = lsp.ReferenceParams(context=lsp.ReferenceContext(include_declaration=False), **place)  # type: ignore[arg-type]
        places = await editor.client.text_document_references_async(everywhere)
        # declared, in last, unless, in the test, and in the reason that the test expects
        assert [part(PROGRAM, one.range) for one in places or ()] == ["purchase"] * 5
        assert len(await editor.client.text_document_references_async(uses) or ()) == 4
        shown = await editor.client.text_document_document_highlight_async(lsp.DocumentHighlightParams(**place))  # type: ignore[arg-type]
        assert len(shown or ()) == 5

    in_editor(scenario)


def test_fields_and_attributes_lead_to_their_declaration() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        for mark, inside, line in (("cart.value > 200", "cart", 2), ('user.tier == "gold"', "tier", 3)):
            params = lsp.DefinitionParams(**at(editor, mark, inside))  # type: ignore[arg-type]
            (found,) = await editor.client.text_document_definition_async(params) or ()  # type: ignore[misc]
            assert found.range.start.line == line

    in_editor(scenario)


async def renamed(editor: Editor, mark: str, inside: str, new: str) -> str:
    params = lsp.RenameParams(new_name=new, **at(editor, mark, inside))  # type: ignore[arg-type]
    answer = await editor.client.text_document_rename_async(params)
    return edited(editor.texts[URI], list((answer.changes or {})[URI]))  # type: ignore[union-attr]


def test_renaming_an_event_keeps_its_records_and_the_tests() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        text = await renamed(editor, "  unless purchase\n", "purchase", "bought")
        assert text == PROGRAM.replace("purchase", "bought").replace("a bought", "a purchase")
        text = await renamed(editor, "if cart and", "cart", "basket")
        assert 'event basket = "cart" { cart.id: text, cart.value: number }' in text
        assert "if basket and cart.value > 200" in text
        assert "10:00 basket { cart:" in text

    in_editor(scenario)


def test_renaming_an_undeclared_event_declares_it() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("if paid then send push unless paid\n")
        params = lsp.RenameParams(lsp.TextDocumentIdentifier(URI), lsp.Position(0, 4), "first")
        answer = await editor.client.text_document_rename_async(params)
        text = edited(editor.texts[URI], list((answer.changes or {})[URI]))  # type: ignore[union-attr]
        assert text == 'event `first` = "paid"\nif `first` then send push unless `first`\n'

    in_editor(scenario)


def test_renaming_other_names() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        assert await renamed(editor, "rule reminder", "reminder", "nudge") == PROGRAM.replace("reminder", "nudge")
        assert await renamed(editor, "as golden:", "golden", "rich") == PROGRAM.replace("golden", "rich")
        assert await renamed(editor, "user in vip", "vip", "top") == PROGRAM.replace("vip", "top")
        assert await renamed(editor, "channel push", "push", "app") == PROGRAM.replace("push", "app")

    in_editor(scenario)


@pytest.mark.parametrize(
    ("mark", "inside", "new", "reason"),
    [
        ("rule reminder", "reminder", "sale", "there is a rule `sale` already"),
        ("channel push", "push", "all", "no channel can be called `all`"),
        ("cart.value > 200", "cart", "x", "a property has the name that records give it"),
        ("rule sale", "sale", "a`b", "none of them a backtick"),
        ("rule sale", "sale", "  ", "a name is one or more characters"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused_with_the_reason(mark: str, inside: str, new: str, reason: str) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        with pytest.raises(JsonRpcException, match=reason):
            await renamed(editor, mark, inside, new)

    in_editor(scenario)


def test_the_outline() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        params = lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(URI))
        found = await editor.client.text_document_document_symbol_async(params) or ()
        names = [one.name for one in found]
        assert names == [
            "timezone", "purchase", "cart", "user", "push", "sale_days", "vip", "newsletter", "reminder", "sale",
            "a purchase cancels",
        ]  # fmt: skip
        assert [child.name for child in found[1].children or ()] == ["total", "cart.id"]  # type: ignore[union-attr]
        assert part(PROGRAM, found[8].selection_range) == "reminder"  # type: ignore[union-attr]
        assert part(PROGRAM, found[8].range).startswith('rule reminder "Abandoned cart":')  # type: ignore[union-attr]

    in_editor(scenario)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (
            "user { tier: text }\nrule x: if a and user.teir == \"b\" then send push",
            "user { tier: text }\nrule x: if a and user.tier == \"b\" then send push",
        ),
        ("rule x: if a and b = 3 then send push", "rule x: if a and b == 3 then send push"),
        ("rule x: if a && b == 3 then send push", "rule x: if a and b == 3 then send push"),
        ("rule x: if a then after 30 min send push", None),
        (
            "segment vip = user.a == 1\nif a and user in vpi then send p",
            "segment vip = user.a == 1\nif a and user in vip then send p",
        ),
        ("rule x: IF a then send push", "rule x: if a then send push"),
    ],
)  # fmt: skip
def test_code_actions_mend_what_they_are_offered_for(text: str, mended: str | None) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(text)
        (found, *_) = await editor.diagnostics(bool)
        context = lsp.CodeActionContext([found])
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(URI), found.range, context)
        actions = await editor.client.text_document_code_action_async(params) or ()
        texts = [edited(text, list((one.edit.changes or {})[URI])) for one in actions]  # type: ignore[union-attr]
        if mended is not None:
            assert mended in texts
        for fixed in texts:
            editor.replace(fixed)
            assert await editor.diagnostics(lambda left: found.code not in codes(left)) is not None

    in_editor(scenario)


def test_hints_tell_long_durations_and_the_zone() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open(PROGRAM)
        everything = lsp.Range(lsp.Position(0, 0), lsp.Position(99, 0))
        params = lsp.InlayHintParams(lsp.TextDocumentIdentifier(URI), everything)
        found = await editor.client.text_document_inlay_hint_async(params) or ()
        told = [(one.position.line, one.label) for one in found]
        assert told == [(4, "local"), (11, "= 1h30m"), (17, "local")]
        assert found[0].tooltip == "the zone in user.timezone; Asia/Seoul for users without one"

    in_editor(scenario)


def test_semantic_tokens_cover_words_by_meaning() -> None:
    async def scenario(editor: Editor) -> None:
        text = "# 😀 comment\nif first cart and no purchase\n  in   last 1d then send push 'x'\n"
        editor.open(text)
        params = lsp.SemanticTokensParams(lsp.TextDocumentIdentifier(URI))
        answer = await editor.client.text_document_semantic_tokens_full_async(params)
        legend = editor.capabilities.semantic_tokens_provider.legend.token_types  # type: ignore[union-attr]
        data = list(answer.data)  # type: ignore[union-attr]
        lines, found, line, column = text.split("\n"), [], 0, 0
        for place in range(0, len(data), 5):
            below, right, length, kind, _ = data[place : place + 5]
            line, column = line + below, right if below else column + right
            found.append((lines[line][column : column + length], legend[kind]))
        assert ("first", "keyword") in found
        assert ("in   last", "keyword") in found
        assert ("1d", "number") in found
        assert ("push", "interface") in found
        assert found[0] == ("if", "keyword")

    in_editor(scenario)


def test_the_files_of_a_folder_are_one_program(tmp_path: Path) -> None:
    (tmp_path / "a.trig").write_text("segment vip = user.x == 1\nchannel push: cap 1 per day\n")
    (tmp_path / "b.trig").write_text("rule x: if a and user in vip then send push\n")

    async def scenario(editor: Editor) -> None:
        uri = (tmp_path / "b.trig").as_uri()
        editor.open((tmp_path / "b.trig").read_text(), uri)
        place = editor.at("vip", uri)
        await editor.client.text_document_hover_async(lsp.HoverParams(**place))
        assert await editor.diagnostics(uri=uri) == []
        (found,) = await editor.client.text_document_definition_async(lsp.DefinitionParams(**place)) or ()  # type: ignore[misc]
        assert found.uri == (tmp_path / "a.trig").as_uri()
        params = lsp.RenameParams(new_name="top", **place)
        answer = await editor.client.text_document_rename_async(params)
        assert set(answer.changes or {}) == {uri, found.uri}  # type: ignore[union-attr]

    in_editor(scenario, folders=[tmp_path.as_uri()])


def test_files_that_declare_the_same_names_are_programs_apart(tmp_path: Path) -> None:
    for name in ("old.trig", "new.trig"):
        (tmp_path / name).write_text("rule x: if a then send push\n")

    async def scenario(editor: Editor) -> None:
        uri = (tmp_path / "new.trig").as_uri()
        editor.open("rule x: if a then send push\n", uri)
        await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("x", uri)))
        assert await editor.diagnostics(uri=uri) == []

    in_editor(scenario)


def test_functions_of_the_host_are_known_by_their_signatures() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("rule x: if a and score(user.name) > 3 then send push")
        await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("score")))
        assert await editor.diagnostics() == []

    in_editor(scenario, options={"functions": {"score": "(text) -> number", "broken": "no signature"}})


def test_requests_about_a_file_that_is_not_open_get_an_empty_answer() -> None:
    async def scenario(editor: Editor) -> None:
        place = {"text_document": lsp.TextDocumentIdentifier("untitled:other"), "position": lsp.Position(0, 0)}
        assert await editor.client.text_document_hover_async(lsp.HoverParams(**place)) is None  # type: ignore[arg-type]
        assert not await editor.client.text_document_definition_async(lsp.DefinitionParams(**place))  # type: ignore[arg-type]

    in_editor(scenario)


def test_a_closed_file_has_no_diagnostics_any_more() -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("if if")
        await editor.diagnostics(bool)
        params = lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(URI))
        editor.client.text_document_did_close(params)
        while editor.told[URI][-1].diagnostics:
            editor.news.clear()
            await asyncio.wait_for(editor.news.wait(), 30)

    in_editor(scenario)


def test_a_file_beside_that_changes_on_disk_counts_once_the_editor_tells(tmp_path: Path) -> None:
    beside = tmp_path / "a.trig"
    beside.write_text("list other\n")

    async def scenario(editor: Editor) -> None:
        uri = (tmp_path / "b.trig").as_uri()
        editor.open("rule x: if a and user in vip then send push\n", uri)
        (found,) = await editor.diagnostics(bool, uri)
        assert found.code == "unknown-segment"
        beside.write_text("list vip\n")
        changed = lsp.FileEvent(beside.as_uri(), lsp.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([changed]))
        assert await editor.diagnostics(lambda left: not left and len(editor.told[uri]) > 2, uri) == []

    in_editor(scenario)


def test_a_change_in_one_open_file_is_seen_in_the_others_of_its_program(tmp_path: Path) -> None:
    async def scenario(editor: Editor) -> None:
        first, second = (tmp_path / "a.trig").as_uri(), (tmp_path / "b.trig").as_uri()
        (tmp_path / "a.trig").write_text("list vip\n")
        (tmp_path / "b.trig").write_text("rule x: if a and user in vip then send push\n")
        editor.open("list vip\n", first)
        editor.open("rule x: if a and user in vip then send push\n", second)
        await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("x", second)))
        assert await editor.diagnostics(uri=second) == []
        editor.change((0, 5), (0, 8), "old", first)
        (found,) = await editor.diagnostics(bool, second)
        assert found.code == "unknown-segment"

    in_editor(scenario)


def test_lints_are_shown_and_their_fixes_offered() -> None:
    async def scenario(editor: Editor) -> None:
        allowed = "# trig: allow unless-never to show it\nrule x: if a then send push unless b\n"
        text = f"{allowed}rule y: if a then send sms unless b\n"
        editor.open(text)
        (found,) = await editor.diagnostics(lambda found: any(one.code == "unless-never" for one in found))
        assert (found.code, found.range.start.line) == ("unless-never", 2)
        where = lsp.TextDocumentIdentifier(URI)
        params = lsp.CodeActionParams(where, found.range, lsp.CodeActionContext([found]))
        (action,) = await editor.client.text_document_code_action_async(params) or ()
        assert isinstance(action, lsp.CodeAction)
        assert action.edit is not None
        assert action.edit.changes is not None
        mended = edited(text, list(action.edit.changes[URI]))
        assert mended == text.replace("send sms unless b", "send sms")

    in_editor(scenario)
