"""Custom classifiers."""

from __future__ import annotations

import pytest

from tests.glue.contract.catalog import new_name
from tests.glue.contract.conftest import new_model, refused

GROK = {"Classification": "log", "GrokPattern": "%{WORD:level} %{GREEDYDATA:text}", "CustomPatterns": "A \\w"}
KINDS = {
    "GrokClassifier": GROK,
    "XMLClassifier": {"Classification": "orders", "RowTag": "order"},
    "JsonClassifier": {"JsonPath": "$.rows[*]"},
    "CsvClassifier": {
        "Delimiter": "|",
        "QuoteSymbol": '"',
        "ContainsHeader": "PRESENT",
        "Header": ["a", "b"],
        "DisableValueTrimming": False,
        "AllowSingleColumn": True,
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_classifier_of_every_kind_from_creation_to_deletion(api, kind):
    name = new_name("classifier")
    api.glue.create_classifier(**{kind: {"Name": name, **KINDS[kind]}})
    found = api.glue.get_classifier(Name=name)["Classifier"]
    assert list(found) == [kind]
    made = found[kind]
    assert {key: made[key] for key in KINDS[kind]} == KINDS[kind]
    assert (made["Name"], made["Version"]) == (name, 1)
    assert made["CreationTime"] == made["LastUpdated"]
    with refused("AlreadyExistsException", f"Classifier {name} already exists."):
        api.glue.create_classifier(JsonClassifier={"Name": name, "JsonPath": "$"})

    change = {"AllowSingleColumn": False} if kind == "CsvClassifier" else {}
    change = change or {next(iter(KINDS[kind])): "$.changed"}
    api.glue.update_classifier(**{kind: {"Name": name, **change}})
    updated = api.glue.get_classifier(Name=name)["Classifier"][kind]
    assert {key: updated[key] for key in KINDS[kind]} == {**KINDS[kind], **change}
    assert updated["Version"] == 2
    assert updated["CreationTime"] == made["CreationTime"] < updated["LastUpdated"]

    api.glue.delete_classifier(Name=name)
    for call in (api.glue.get_classifier, api.glue.delete_classifier):
        with refused("EntityNotFoundException", f"Classifier {name} not found."):
            call(Name=name)
    with refused("EntityNotFoundException", f"Classifier {name} not found."):
        api.glue.update_classifier(**{kind: {"Name": name}})


def test_a_request_is_about_exactly_one_classifier(api):
    one = {"Name": new_name("classifier"), "JsonPath": "$"}
    for call in (api.glue.create_classifier, api.glue.update_classifier):
        with refused("InvalidInputException"):
            call()
        with refused("InvalidInputException"):
            call(JsonClassifier=one, CsvClassifier={"Name": one["Name"]})
    api.glue.create_classifier(JsonClassifier=one)
    with refused("InvalidInputException"):
        api.glue.update_classifier(CsvClassifier={"Name": one["Name"]})
    api.glue.delete_classifier(Name=one["Name"])


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("CsvClassifier", {"Delimiter": "|", "QuoteSymbol": "|"}),
        ("JsonClassifier", {"JsonPath": "rows"}),
        ("XMLClassifier", {"Classification": "x", "RowTag": "</>"}),
    ],
)
def test_rules_between_members(api, kind, members):
    name = new_name("classifier")
    with refused("InvalidInputException"):
        api.glue.create_classifier(**{kind: {"Name": name, **members}})
    with refused("EntityNotFoundException"):
        api.glue.get_classifier(Name=name)


@new_model
def test_a_csv_classifier_names_no_serde_unless_told(api):
    name = new_name("classifier")
    api.glue.create_classifier(CsvClassifier={"Name": name})
    assert api.glue.get_classifier(Name=name)["Classifier"]["CsvClassifier"]["Serde"] == "None"
    api.glue.delete_classifier(Name=name)


def test_classifiers_come_in_pages(api):
    names = sorted(new_name("classifier") for _ in range(3))
    for name in names:
        api.glue.create_classifier(JsonClassifier={"Name": name, "JsonPath": "$"})
    seen, request = [], {"MaxResults": 2}
    while True:
        answer = api.glue.get_classifiers(**request)
        seen += [one["JsonClassifier"]["Name"] for one in answer["Classifiers"] if "JsonClassifier" in one]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert [name for name in seen if name in names] == names
    for name in names:
        api.glue.delete_classifier(Name=name)
