"""The Data Catalog among many clients at once, and over restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from botocore.exceptions import ClientError

from tests.glue.contract.catalog import database, new_name, partition, table


def together(*calls):
    """The error code of each of `calls`, made at the same time; "" if it succeeded."""

    def code(call):
        try:
            call()
            return ""
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(code, calls))


def test_one_of_many_makes_it(aws):
    name, where = new_name("db"), table(aws, {"k": "string"})
    made = together(*[lambda: aws.glue.create_database(DatabaseInput={"Name": name})] * 8)
    assert made == ["", *["AlreadyExistsException"] * 7]
    made = together(*[lambda: aws.glue.create_table(DatabaseName=name, TableInput={"Name": "t"})] * 8)
    assert made == ["", *["AlreadyExistsException"] * 7]
    made = together(*[lambda: aws.glue.create_partition(**where, PartitionInput=partition("a"))] * 8)
    assert made == ["", *["AlreadyExistsException"] * 7]


def test_one_of_many_updates_a_version(aws):
    where = table(aws)
    definition = {"Name": where["TableName"]}
    update = lambda: aws.glue.update_table(  # noqa: E731
        DatabaseName=where["DatabaseName"], TableInput=definition, VersionId="0"
    )
    assert together(*[update] * 8) == ["", *["ConcurrentModificationException"] * 7]
    assert len(aws.glue.get_table_versions(**where)["TableVersions"]) == 2


def test_partitions_of_many_writers_are_all_there(aws):
    where = table(aws, {"k": "string"})
    batches = [[partition(f"{writer}-{at}") for at in range(50)] for writer in range(6)]
    calls = [
        lambda batch=batch: aws.glue.batch_create_partition(**where, PartitionInputList=batch) for batch in batches
    ]
    assert together(*calls) == [""] * 6
    assert len(aws.glue.get_partitions(**where)["Partitions"]) == 300


def test_what_is_kept_with_tables_survives_a_restart(own_aws):
    where = table(own_aws, {"k": "string"}, PartitionIndexes=[{"IndexName": "one", "Keys": ["k"]}])
    data = {"MinimumValue": 1, "MaximumValue": 2, "NumberOfNulls": 0, "NumberOfDistinctValues": 2}
    statistics = {
        "ColumnName": "id",
        "ColumnType": "bigint",
        "AnalyzedTime": datetime(2023, 4, 29, tzinfo=timezone.utc),
        "StatisticsData": {"Type": "LONG", "LongColumnStatisticsData": data},
    }
    functions, classifier = database(own_aws), new_name("classifier")

    def seen():
        indexes = own_aws.glue.get_partition_indexes(**where)["PartitionIndexDescriptorList"]
        found = own_aws.glue.get_column_statistics_for_table(**where, ColumnNames=["id"])["ColumnStatisticsList"]
        function = own_aws.glue.get_user_defined_functions(DatabaseName=functions, Pattern="*")["UserDefinedFunctions"]
        csv = own_aws.glue.get_classifier(Name=classifier)["Classifier"]
        versions = own_aws.glue.get_table_versions(**where)["TableVersions"]
        return indexes, found, function, csv, versions

    own_aws.glue.update_column_statistics_for_table(**where, ColumnStatisticsList=[statistics])
    own_aws.glue.create_user_defined_function(DatabaseName=functions, FunctionInput={"FunctionName": "f"})
    own_aws.glue.create_classifier(CsvClassifier={"Name": classifier, "Delimiter": ";"})
    own_aws.glue.update_table(DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"]})
    before = seen()
    assert before[1] == [statistics] and len(before[0]) == len(before[2]) == 1 and len(before[4]) == 2
    own_aws.localstack.stop()
    own_aws.localstack.start()
    assert seen() == before
