import pytest

from trigdsl.model.signatures import Signature, parse_signature


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("(text, number) -> text", Signature(("text", "number"), "text")),
        ("() -> boolean", Signature((), "boolean")),
        ("  ( date )->duration ", Signature(("date",), "duration")),
        ("(any) -> any", Signature(("any",), "any")),
    ],
)
def test_reads_types(text: str, signature: Signature) -> None:
    assert parse_signature(text) == signature


def test_prints_what_it_reads() -> None:
    assert str(parse_signature("(text,number)->list")) == "(text, number) -> list"


@pytest.mark.parametrize("text", ["", "text -> text", "(text)", "(text) -> ", "(text) text", "(text) -> text, text"])
def test_refuses_another_form(text: str) -> None:
    with pytest.raises(ValueError, match="written like"):
        parse_signature(text)


@pytest.mark.parametrize(
    ("text", "wrong"), [("(string) -> text", "string"), ("(text) -> int", "int"), ("(,) -> text", "")]
)
def test_refuses_unknown_types(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=f"`{wrong}` in"):
        parse_signature(text)
