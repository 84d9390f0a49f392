"""SearchTables, over all databases of the account; each test marks its own tables by a parameter."""

from __future__ import annotations

import pytest

from tests.glue.contract.catalog import database, new_name
from tests.glue.contract.conftest import refused


@pytest.fixture
def mark(api):
    """The parameter `mark` of three tables: customer-link, xx-link-yy and xxlinkyy, made in this order."""
    mark = new_name("mark")
    for name, described in [
        ("customer-link", "Who buys"),
        ("xx-link-yy", "noise"),
        ("xxlinkyy", "noise of the buyers"),
    ]:
        columns = [{"Name": f"column_of_{name[:2]}", "Type": "string", "Comment": f"about {name}"}]
        definition = {
            "Name": name,
            "Description": described,
            "Parameters": {"mark": mark},
            "StorageDescriptor": {"Columns": columns, "Location": f"s3://{mark}/{name}/"},
        }
        api.glue.create_table(DatabaseName=database(api), TableInput=definition)
    return mark


def found(api, mark, *filters, **request):
    filters = [{"Key": "mark", "Value": mark}, *filters]
    return [one["Name"] for one in api.glue.search_tables(Filters=filters, **request)["TableList"]]


def by_name(api, mark, *filters, **request):
    return sorted(found(api, mark, *filters, **request))


def test_a_name_is_compared_word_by_word(api, mark):
    assert by_name(api, mark, {"Key": "Name", "Value": "link"}) == ["customer-link", "xx-link-yy"]
    assert by_name(api, mark, {"Key": "Name", "Value": "xxlinkyy"}) == ["xxlinkyy"]
    assert by_name(api, mark, {"Key": "Name", "Value": "lin"}) == []


def test_text_is_looked_for_in_all_texts_and_in_quotes_as_a_whole(api, mark):
    assert by_name(api, mark, SearchText="buy") == ["customer-link", "xxlinkyy"]
    assert by_name(api, mark, SearchText="ABOUT XX") == ["xx-link-yy", "xxlinkyy"]
    assert by_name(api, mark, SearchText='"noise"') == ["xx-link-yy"]
    assert by_name(api, mark, SearchText="column_of_cu") == ["customer-link"]
    assert by_name(api, mark, SearchText="nowhere") == []


def test_times_are_compared(api, mark):
    tables = api.glue.search_tables(Filters=[{"Key": "mark", "Value": mark}])["TableList"]
    middle = next(one["CreateTime"] for one in tables if one["Name"] == "xx-link-yy")
    for comparator, expected in [
        ("GREATER_THAN", ["xxlinkyy"]),
        ("GREATER_THAN_EQUALS", ["xx-link-yy", "xxlinkyy"]),
        ("LESS_THAN", ["customer-link"]),
        ("LESS_THAN_EQUALS", ["customer-link", "xx-link-yy"]),
        ("EQUALS", ["xx-link-yy"]),
    ]:
        wanted = {"Key": "CreateTime", "Value": middle.isoformat(), "Comparator": comparator}
        assert by_name(api, mark, wanted) == expected, comparator
    with refused("InvalidInputException", "soon is not a time."):
        found(api, mark, {"Key": "CreateTime", "Value": "soon", "Comparator": "LESS_THAN"})


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ({"FieldName": "Name", "Sort": "ASC"}, ["customer-link", "xx-link-yy", "xxlinkyy"]),
        ({"FieldName": "Name", "Sort": "DESC"}, ["xxlinkyy", "xx-link-yy", "customer-link"]),
        ({"FieldName": "UpdateTime", "Sort": "DESC"}, ["xxlinkyy", "xx-link-yy", "customer-link"]),
        ({"FieldName": "Description", "Sort": "ASC"}, ["xx-link-yy", "xxlinkyy", "customer-link"]),
    ],
)
def test_results_are_sorted(api, mark, criterion, expected):
    assert found(api, mark, SortCriteria=[criterion]) == expected


def test_results_come_in_pages_in_their_order(api, mark):
    request = {
        "Filters": [{"Key": "mark", "Value": mark}],
        "SortCriteria": [{"FieldName": "Name", "Sort": "DESC"}],
        "MaxResults": 2,
    }
    first = api.glue.search_tables(**request)
    second = api.glue.search_tables(**request, NextToken=first["NextToken"])
    names = [one["Name"] for one in first["TableList"] + second["TableList"]]
    assert names == ["xxlinkyy", "xx-link-yy", "customer-link"] and "NextToken" not in second


def test_nobody_shares_tables(api, mark):
    assert found(api, mark, ResourceShareType="FOREIGN") == []
    assert len(found(api, mark, ResourceShareType="ALL")) == 3
