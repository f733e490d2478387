"""Programs of files and folders, template files, and host functions."""

from pathlib import Path

import pytest

import trigdsl
from trigdsl import TrigError

VISIT = {"user": "u", "time": "2026-11-20T10:00:00Z", "event": "visit"}


def written(folder: Path, **files: str) -> Path:
    """A folder with these files; `__` in a name stands for `/`, the last `_` for the dot."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        path = folder / (stem.replace("__", "/") + "." + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def texts(program: trigdsl.Program) -> list[str | None]:
    return [decision.text for decision in trigdsl.replay(program, [VISIT])]


def codes(error: TrigError) -> list[str]:
    return [diagnostic.code for diagnostic in error.diagnostics]


def test_a_folder_is_one_program_in_path_order(tmp_path: Path) -> None:
    written(
        tmp_path,
        b_trig='rule two: if visit and user in all_of_them then send push "b"',
        a_trig='rule one: if visit then send push "a"',
        sub__c_trig='segment all_of_them = visit ever\nrule three: if visit then send push "c"',
    )
    program = trigdsl.load(tmp_path)
    assert [rule.name for rule in program.rules] == ["one", "two", "three"]
    assert texts(program) == ["a", "b", "c"]


def test_a_template_file_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    written(
        tmp_path,
        sub__rules_trig='rule r: if visit then send email template "mail.j2" with { body: template "../body.j2" }',
        sub__mail_j2="Hello {{ user.name | default('you') }}",
        body_j2="A body",
    )
    (decision,) = trigdsl.replay(trigdsl.load(tmp_path), [VISIT])
    assert decision.text == "Hello you"
    assert decision.fields == {"body": "A body"}


def test_a_template_outside_the_program_is_refused(tmp_path: Path) -> None:
    written(tmp_path, secret_j2="secret", program__rules_trig='if visit then send email template "../secret.j2"')
    with pytest.raises(TrigError) as caught:
        trigdsl.load(tmp_path / "program")
    (finding,) = caught.value.diagnostics
    assert finding.code == "template"
    assert "outside the program's folder" in finding.message
    assert finding.span.text == 'template "../secret.j2"'


def test_a_link_does_not_lead_outside(tmp_path: Path) -> None:
    written(tmp_path, secret_j2="secret", program__rules_trig='if visit then send email template "link.j2"')
    (tmp_path / "program" / "link.j2").symlink_to(tmp_path / "secret.j2")
    with pytest.raises(TrigError, match="outside the program's folder"):
        trigdsl.load(tmp_path / "program")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read the template `mail.j2`"), (b"\xff", "cannot read the template"), (b"{% if %}", "is broken")],
)
def test_what_is_wrong_with_a_template_file_is_said(tmp_path: Path, content: bytes | None, message: str) -> None:
    written(tmp_path, rules_trig='if visit then send email template "mail.j2"')
    if content is not None:
        (tmp_path / "mail.j2").write_bytes(content)
    with pytest.raises(TrigError, match=message) as caught:
        trigdsl.load(tmp_path / "rules.trig")
    assert codes(caught.value) == ["template"]


def test_names_are_found_in_the_template_file_that_reads_them(tmp_path: Path) -> None:
    written(
        tmp_path,
        rules_trig='user { name: text }\nrule r: if visit then send email template "mail.j2"\n'
        'rule s: if visit then send email template "mail.j2" with { a: "{{ user.b }}" }',
        mail_j2="Hello {{ user.name }},\r\n\r\n  {{ user.nmae | uper }} {{ user['x'] }}\r\n",
    )
    with pytest.raises(TrigError) as caught:
        trigdsl.load(tmp_path / "rules.trig")
    found = [
        (Path(one.span.source.name).name, one.span.position, one.span.text, [label.span.text for label in one.labels])
        for one in caught.value.diagnostics
    ]
    named = ['template "mail.j2"']
    assert found == [
        ("rules.trig", (3, 67), "user.b", []),
        ("mail.j2", (3, 6), "user.nmae", named),
        ("mail.j2", (3, 18), "uper", named),
        ("mail.j2", (3, 29), "user['x']", named),
    ]
    assert caught.value.diagnostics[1].span.source.name == str(tmp_path / "mail.j2")


def test_a_misspelt_template_file_is_found(tmp_path: Path) -> None:
    text = 'rule r: if visit then send email template "parts/mial.j2"'
    written(tmp_path, rules_trig=text, parts__mail_j2="Hello")
    with pytest.raises(TrigError) as caught:
        trigdsl.load(tmp_path / "rules.trig")
    assert caught.value.diagnostics[0].help == "did you mean `parts/mail.j2`?"


def test_findings_of_several_files_come_together(tmp_path: Path) -> None:
    written(tmp_path, a_trig="if visit then send push unles x", b_trig="if visit then after 30 send push")
    with pytest.raises(TrigError) as caught:
        trigdsl.load(tmp_path)
    assert [Path(found.span.source.name).name for found in caught.value.diagnostics] == ["a.trig", "b.trig"]


def test_a_folder_without_rules_is_no_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no \.trig file"):
        trigdsl.load(tmp_path)


def test_a_function_of_the_host_that_fails_is_missing_and_warned_of() -> None:
    def weather(city: str) -> str:
        raise RuntimeError("no such city")

    program = trigdsl.parse(
        'rule r: if visit and weather("Ulm") == "rain" then send push "umbrella"\nrule s: if visit then send push "s"',
        functions={"weather": (weather, "(text) -> text")},
    )
    assert texts(program) == ["s"]
