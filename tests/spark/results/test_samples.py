"""Scripts in the style of AWS's public samples, written anew, from the Data Catalog to what they leave.

They name nothing of this project: what AWS documents is all they use, and so they run there as they stand.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.spark.results.conftest import ONE_VERSION
from tests.spark.results.reading import json_lines, parquet
from tests.spark.runtime.conftest import DATA, SparkAccount
from tests.support.postgres import Postgres

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def run(aws: SparkAccount, script: str, version: str, **arguments: str) -> dict[str, Any]:
    """The run of a job that works with a bookmark and with the Data Catalog, when it has succeeded."""
    given = {"--job-bookmark-option": "job-bookmark-enable", "--enable-glue-datacatalog": "true"}
    given |= {f"--{name}": value for name, value in arguments.items()}
    name = aws.spark_job((SCRIPTS / script).read_text(), version, DefaultArguments=given)
    found = aws.ended(name, aws.start(name), 180)
    assert found["JobRunState"] == "SUCCEEDED", aws.why(found)
    return found


def table(aws: SparkAccount, name: str, location: str, columns: str, *, kind: str = "json", keys: str = "") -> None:
    """As a crawler registers it: `name` is database.table, `columns` are "name:type,..."."""
    database, name = name.split(".")
    serde = {
        "json": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        "csv": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            "Parameters": {"separatorChar": ",", "quoteChar": '"'},
        },
    }[kind]
    pairs = [column.split(":", 1) for column in columns.split(",")]
    aws.glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys.split(",") if key],
            "Parameters": {"classification": kind} | ({"skip.header.line.count": "1"} if kind == "csv" else {}),
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": type_} for column, type_ in pairs],
                "Location": location,
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": serde,
            },
        },
    )


def put_lines(aws: SparkAccount, key: str, records: list[dict[str, Any]]) -> None:
    aws.put(key, "".join(json.dumps(record) + "\n" for record in records).encode())


PERSONS = [
    {"id": "p1", "name": "Ada", "birth_place": "x",
     "contact_details": [{"type": "fax", "value": "1"}, {"type": "tel", "value": "2"}]},
    {"id": "p2", "name": "Bo", "contact_details": [{"type": "fax", "value": "3"}], "links": ["a", "b"]},
    {"id": "p3", "name": "Cy", "contact_details": [], "links": ["c"]},
]  # fmt: skip
MEMBERSHIPS = [
    {"person_id": "p1", "organization_id": "o1", "start_date": "2001"},
    {"person_id": "p1", "organization_id": "o2", "start_date": "2005"},
    {"person_id": "p2", "organization_id": "o2", "start_date": "2003"},
    {"person_id": "gone", "organization_id": "o2", "start_date": "2003"},
]
ORGANIZATIONS = [
    {"id": "o1", "name": "House", "seats": 435, "other_names": [{"name": "h"}], "identifiers": [{"scheme": "x"}]},
    {"id": "o2", "name": "Senate", "seats": 100, "other_names": [], "identifiers": []},
]


@pytest.mark.parametrize("version", ONE_VERSION)
def test_legislators(aws: SparkAccount, postgres: Postgres, connection: str, database: str, version: str) -> None:
    root, prefix = f"legislators-{uuid.uuid4().hex[:8]}", f"l{uuid.uuid4().hex[:8]}_"
    for name, records in (("persons", PERSONS), ("memberships", MEMBERSHIPS), ("organizations", ORGANIZATIONS)):
        put_lines(aws, f"{root}/in/{name}/1.json", records)
        table(aws, f"{database}.{name}", f"s3://{DATA}/{root}/in/{name}/", "id:string")
    found = run(
        aws, "legislators.py", version, database=database, target=f"s3://{DATA}/{root}/out/", connection=connection,
        warehouse=postgres.database, prefix=prefix, TempDir=f"s3://{DATA}/{root}/tmp/",
    )  # fmt: skip
    seats = [("Ada", "House", "2001"), ("Ada", "Senate", "2005"), ("Bo", "Senate", "2003")]
    history = parquet(aws, f"{root}/out/history/")
    assert sorted((row["name"], row["org_name"], row["start_date"]) for row in history) == seats
    assert set(history[0]) == {
        "id",
        "name",
        "contact_details",
        "links",
        "organization_id",
        "start_date",
        "seats",
        "org_name",
    }
    single = parquet(aws, f"{root}/out/single/")
    assert sorted((row["name"], row["org_name"], row["start_date"]) for row in single) == seats
    assert sorted(len(row["contact_details"]) for row in single) == [1, 2, 2]

    query = f"select name, org_name, start_date, seats from {prefix}history order by name, start_date"
    assert postgres.sql(query) == [
        ["Ada", "House", "2001", "435"], ["Ada", "Senate", "2005", "100"], ["Bo", "Senate", "2003", "100"],
    ]  # fmt: skip
    details = (
        f'select h.name, c.index, c."contact_details.val.type", c."contact_details.val.value" from {prefix}history h '
        f"join {prefix}history_contact_details c on h.contact_details = c.id where h.org_name = 'Senate' order by 1, 2"
    )
    assert postgres.sql(details) == [["Ada", "0", "fax", "1"], ["Ada", "1", "tel", "2"], ["Bo", "0", "fax", "3"]]
    links = f'select "links.val" from {prefix}history_links order by 1'
    assert postgres.sql(links) == [["a"], ["b"]]
    said = aws.output(found, "error")
    assert "persons: 3, memberships: 4" in said and "a table of its own: history_links" in said
    assert "|-- contact_details: array" in aws.output(found)


PAYMENTS = (
    "DRG Definition,Provider Id,Provider Name,Average Covered Charges\n"
    '"039 - EXTRACRANIAL, ALL",10001,South Hospital,"$32,963.07"\n'
    "057,10005,Marshall Center,$15131.85\n"
    "057,none,Unknown,$1.00\n"
)


@pytest.mark.parametrize("version", ONE_VERSION)
def test_payments(aws: SparkAccount, database: str, version: str) -> None:
    root = f"payments-{uuid.uuid4().hex[:8]}"
    aws.put(f"{root}/in/payments.csv", PAYMENTS.encode())
    columns = "drg definition:string,provider id:bigint,provider name:string,average covered charges:string"
    table(aws, f"{database}.payments", f"s3://{DATA}/{root}/in/", columns, kind="csv")
    found = run(aws, "payments.py", version, database=database, target=f"s3://{DATA}/{root}/out/")

    def ids(name: str, *fields: str) -> list[list[Any]]:
        rows = sorted(json_lines(aws, f"{root}/out/{name}/"), key=lambda row: row["provider name"])
        return [[row.get(field) for field in fields] for row in rows]

    assert ids("cast", "provider id") == [[10005], [10001], [None]]
    assert ids("project", "provider id") == [["10005"], ["10001"], ["none"]]
    split = ids("make_cols", "provider id_long", "provider id_string")
    assert split == [[10005, None], [10001, None], [None, "none"]]
    assert ids("make_struct", "provider id") == [[{"long": 10005}], [{"long": 10001}], [{"string": "none"}]]
    cleaned = sorted(parquet(aws, f"{root}/out/cleaned/"), key=lambda row: row["drg"])
    assert cleaned == [
        {"drg": "039 - EXTRACRANIAL, ALL", "provider": {"id": 10001, "name": "SOUTH HOSPITAL"}, "charges": {"covered": 32963.07}},
        {"drg": "057", "provider": {"id": 10005, "name": "MARSHALL CENTER"}, "charges": {"covered": 15131.85}},
    ]  # fmt: skip
    said = aws.output(found)
    assert "|-- provider id: choice" in said and "errors 0" in said


@pytest.mark.slow
@pytest.mark.parametrize("version", ONE_VERSION)
def test_clickstream(aws: SparkAccount, database: str, version: str) -> None:
    root = f"clicks-{uuid.uuid4().hex[:8]}"
    table(aws, f"{database}.clicks", f"s3://{DATA}/{root}/in/", "page:string,user:string", keys="year,month,day")
    for day, month in (("01", "03"), ("02", "03"), ("01", "04")):
        clicks = [
            {"page": page, "user": user, "agent": {"name": "x", "bot": user == "robot"}}
            for page, user in (("/", "a"), ("/", "b"), ("/", "a"), ("/buy", "a"), ("/", "robot"))
        ]
        folder = f"{root}/in/year=2024/month={month}/day={day}/"
        put_lines(aws, folder + "clicks.json", clicks)
        place = {"Columns": [], "Location": f"s3://{DATA}/{folder}"}
        aws.glue.create_partition(
            DatabaseName=database,
            TableName="clicks",
            PartitionInput={"Values": ["2024", month, day], "StorageDescriptor": place},
        )
    target = f"s3://{DATA}/{root}/page_views/"
    found = run(aws, "clickstream.py", version, database=database, target=target, month="2024-03")
    assert aws.output(found).splitlines() == ["clicks 10", "/ 6", "/buy 2"]
    counts = sorted(
        (row["day"], row["page"], row["views"], row["users"]) for row in parquet(aws, f"{root}/page_views/")
    )
    assert counts == [("01", "/", 3, 2), ("01", "/buy", 1, 1), ("02", "/", 3, 2), ("02", "/buy", 1, 1)]
    assert all("/year=2024/month=03/day=0" in key for key in aws.keys(f"{root}/page_views/"))
    made = aws.glue.get_table(DatabaseName=database, Name="page_views")["Table"]
    assert [column["Name"] for column in made["StorageDescriptor"]["Columns"]] == ["page", "views", "users"]
    assert [key["Name"] for key in made["PartitionKeys"]] == ["year", "month", "day"]
    known = aws.glue.get_partitions(DatabaseName=database, TableName="page_views")["Partitions"]
    assert sorted(one["Values"] for one in known) == [["2024", "03", "01"], ["2024", "03", "02"]]
    assert known[0]["StorageDescriptor"]["Location"].startswith(target + "year=2024/month=03/day=0")
    again = aws.ended(found["JobName"], aws.start(found["JobName"]), 120)
    assert aws.output(again).splitlines() == ["clicks 0", "/ 6", "/buy 2"], aws.why(again)
