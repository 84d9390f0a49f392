"""Partition indexes by a clock of the test's, pages that survive deletions, classifiers on disk."""

from __future__ import annotations

import pytest

from localstack_glue.service import errors, pages
from localstack_glue.service.catalog.partition_indexes import PartitionIndexes
from localstack_glue.service.classifiers import ClassifierStore
from tests.unit.glue.conftest import OWNER

KEYS = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "string"}]


class Indexes:
    """Of one table, on a clock that only the test moves; creating and deleting take 10 s."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rules = PartitionIndexes(10, lambda: self.now)
        self.kept: dict = {}

    def create(self, name, *keys):
        self.rules.create(self.kept, {"IndexName": name, "Keys": list(keys)}, KEYS)

    def delete(self, name):
        self.rules.delete(self.kept, name)

    def states(self):
        return {index["IndexName"]: index["IndexStatus"] for index in self.rules.shown(self.kept)}


@pytest.fixture
def indexes():
    return Indexes()


def test_states_follow_the_clock(indexes):
    indexes.create("one", "year")
    assert indexes.states() == {"one": "CREATING"}
    indexes.now += 10
    assert indexes.states() == {"one": "ACTIVE"}
    indexes.delete("one")
    assert indexes.states() == {"one": "DELETING"}
    indexes.now += 10
    assert indexes.states() == {}
    indexes.create("one", "year")
    assert indexes.states() == {"one": "CREATING"}


def test_one_index_of_a_table_at_a_time(indexes):
    indexes.create("one", "year")
    text = "Index one is in CREATING state. Only 1 index can be created or deleted simultaneously per table."
    with pytest.raises(errors.ResourceNumberLimitExceeded) as caught:
        indexes.create("two", "month")
    assert caught.value.message == text
    with pytest.raises(errors.EntityNotFound, match="indexName : one does not exist"):
        indexes.delete("one")  # one that is being created cannot be deleted yet
    indexes.now += 10
    indexes.create("two", "month")
    with pytest.raises(errors.ResourceNumberLimitExceeded, match="Index two is in CREATING state"):
        indexes.delete("one")
    indexes.now += 10
    indexes.delete("one")
    with pytest.raises(errors.ResourceNumberLimitExceeded, match="Index one is in DELETING state"):
        indexes.create("three", "year", "month")
    with pytest.raises(errors.EntityNotFound):
        indexes.delete("one")
    assert indexes.states() == {"one": "DELETING", "two": "ACTIVE"}


def test_the_limit_is_looked_at_before_names_and_keys(indexes):
    for name, keys in [("one", ["year"]), ("two", ["month"]), ("three", ["year", "month"])]:
        indexes.create(name, *keys)
        indexes.now += 10
    with pytest.raises(errors.ResourceNumberLimitExceeded, match="Maximum: 3"):
        indexes.create("one", "year")
    with pytest.raises(errors.InvalidInput, match=r"Verify the indexKeys : \[day\]"):
        indexes.create("four", "day")


def test_pages_go_on_after_an_item_that_is_gone():
    items = [f"{at:02}" for at in range(10)]
    first, token = pages.sorted_page(items, str, None, 4)
    assert first == ["00", "01", "02", "03"]
    second, token = pages.sorted_page(items[4:], str, token, 4)
    assert second == ["04", "05", "06", "07"]
    last, token = pages.sorted_page(items, str, token, 4)
    assert (last, token) == (["08", "09"], None)
    with pytest.raises(errors.InvalidInput):
        pages.sorted_page(items, str, "not a token", 4)


def test_crawlers_find_classifiers_by_name_also_after_a_restart(tmp_path):
    ClassifierStore(tmp_path).create(OWNER, {"CsvClassifier": {"Name": "semicolons", "Delimiter": ";", "Header": None}})
    store = ClassifierStore(tmp_path)
    found = store.get(OWNER, "semicolons")
    assert found["CsvClassifier"]["Delimiter"] == ";" and "Header" not in found["CsvClassifier"]
    assert store.get(OWNER, "none") is None
