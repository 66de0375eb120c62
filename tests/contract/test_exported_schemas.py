"""The JSON Schemas and examples that programs in other languages build on, kept equal to the models.

``UPDATE=1 pytest tests/contract`` writes the schemas anew after a model was changed on purpose.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.entries import ENTRY
from schemas.kiosk_api import (
    EnrolAnswer,
    EnrolRequest,
    Passbook,
    PinAnswer,
    PinRequest,
    Seal,
    Snapshot,
    Upload,
    UploadAnswer,
)
from schemas.problems import Problem

FOLDER = Path(__file__).parents[2] / "schemas"
MODELS: dict[str, TypeAdapter[Any]] = {
    "entry": ENTRY,
    "enrol-request": TypeAdapter(EnrolRequest),
    "enrol-answer": TypeAdapter(EnrolAnswer),
    "snapshot": TypeAdapter(Snapshot),
    "upload": TypeAdapter(Upload),
    "upload-answer": TypeAdapter(UploadAnswer),
    "passbook": TypeAdapter(Passbook),
    "pin-request": TypeAdapter(PinRequest),
    "pin-answer": TypeAdapter(PinAnswer),
    "seal": TypeAdapter(Seal),
    "problem": TypeAdapter(Problem),
}


def examples(folder: str) -> list[Path]:
    return sorted((FOLDER / "examples" / folder).glob("*.json"))


def model_of(path: Path) -> str:
    """``asked.entry.json`` is an example of ``entry``."""
    return path.name.split(".")[1]


@pytest.mark.parametrize("name", MODELS)
def test_the_exported_schema_is_the_models_own(name: str) -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | MODELS[name].json_schema()
    text = json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    path = FOLDER / "json" / f"{name}.json"
    if os.environ.get("UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", examples("valid"), ids=lambda path: path.stem)
def test_a_valid_example_passes_model_and_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    MODELS[model_of(path)].validate_json(text)
    schema = json.loads((FOLDER / "json" / f"{model_of(path)}.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(text), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("path", examples("invalid"), ids=lambda path: path.stem)
def test_an_invalid_example_is_refused_by_both(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    with pytest.raises(ValidationError):
        MODELS[model_of(path)].validate_json(text)
    schema = json.loads((FOLDER / "json" / f"{model_of(path)}.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(text), schema, jsonschema.Draft202012Validator)


def test_every_model_has_an_example_of_both_kinds() -> None:
    assert {model_of(path) for path in examples("valid")} == set(MODELS)
    assert {model_of(path) for path in examples("invalid")} == set(MODELS)
