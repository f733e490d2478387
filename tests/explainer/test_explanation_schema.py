"""docs/explanation.schema.json says what the JSON of an explanation is, and knows nothing that there is not."""

from __future__ import annotations

import json

import goldens
import pytest
from goldens import EXAMPLES, FILES, PARTS, Golden
from jsonschema import Draft202012Validator

SCHEMA = Draft202012Validator(json.loads((EXAMPLES.parent / "docs" / "explanation.schema.json").read_text("utf-8")))

GOLDENS = [goldens.read(path) for path in FILES]
EVERY = [pytest.param(one, name, id=f"{one.path.stem}-{name}") for one in GOLDENS for name in PARTS]


@pytest.mark.parametrize(("golden", "name"), EVERY)
def test_the_json_is_as_its_schema_says(golden: Golden, name: str) -> None:
    story = goldens.explained(golden, golden.parts[name])
    SCHEMA.validate(json.loads(json.dumps(story.to_dict())))


def test_the_goldens_hold_every_kind_of_what_the_schema_knows() -> None:
    stories = [goldens.explained(golden, golden.parts[name]).to_dict() for golden in GOLDENS for name in PARTS]
    text = json.dumps(stories)
    defined = SCHEMA.schema["$defs"]
    kinds = [
        ("kind", one) for one in (*defined["line"]["properties"]["kind"]["enum"], "input", "clause", "cap", "clock")
    ]
    kinds += [("stage", one) for one in defined["silence"]["properties"]["stage"]["enum"]]
    kinds += [("change", one["properties"]["change"]["const"]) for one in defined["change"]["oneOf"]]
    assert [kind for kind in kinds if f'"{kind[0]}": "{kind[1]}"' not in text] == []
