"""The JSON Schemas and examples that programs in other languages build on, kept equal to the models.

``UPDATE=1 pytest tests/contract`` writes the schemas anew after a model was changed on purpose.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.entries import ENTRY, AnyEntry
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

WIRE = (EnrolAnswer, EnrolRequest, Passbook, PinAnswer, PinRequest, Seal, Snapshot, Upload, UploadAnswer)
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


def parts(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The model and every model in its fields."""
    found, waiting = set(), [model]
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += [part for field in one.model_fields.values() for part in models_in(field.annotation)]
    return found


def models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]


def test_what_came_in_is_strict_and_stays_as_it_was() -> None:
    roots = [*get_args(AnyEntry), *WIRE, Problem]
    seen = set[type[BaseModel]]().union(*(parts(root) for root in roots))
    assert len(seen) > 25
    for model in seen:
        assert (model.__name__, model.model_config["strict"], model.model_config["frozen"]) == (
            model.__name__,
            True,
            True,
        )


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
