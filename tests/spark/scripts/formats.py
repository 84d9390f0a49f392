"""Writes and reads every format in every mode below --root, and prints what it finds: a name and a JSON document in each line.

Plain PySpark: it runs as it stands by `python formats.py --root file:///...` and as a Glue job with s3://.
"""

import datetime
import decimal
import json
import sys

from pyspark.sql import Row, SparkSession, Window
from pyspark.sql import functions as F

ROOT = sys.argv[sys.argv.index("--root") + 1]
spark = SparkSession.builder.getOrCreate()
TEXTS = ["plain", "two words", 'quo"ted', "com,ma", "한국어", "a+b=c%20&d", "line\\nbreak", " blanks "]
KINDS = ["a", "b c", "d/e=%20한"]


def data(first=0, count=24):
    rows = [
        Row(
            id=n,
            text=TEXTS[n % len(TEXTS)],
            number=n / 7,
            money=decimal.Decimal(n) / 100,
            day=datetime.date(2023, 4, 1 + n % 28),
            at=datetime.datetime(2023, 4, 1, 12, n % 60, 1),
            yes=n % 2 == 0,
            many=[n, n + 1],
            nested=Row(a=n, b=str(n)),
            none=None if n % 3 else n,
            kind=KINDS[n % len(KINDS)],
        )
        for n in range(first, first + count)
    ]
    return spark.createDataFrame(
        spark.sparkContext.parallelize(rows, 2),
        "id long, text string, number double, money decimal(12,2), day date, at timestamp, yes boolean, many array<long>,"
        " nested struct<a: long, b: string>, none long, kind string",
    )


def flat(frame):
    """What a CSV can hold. Quotes inside of a value are not for it: Spark and Glue write them in different ways."""
    return frame.drop("many", "nested", "money").withColumn("text", F.translate("text", '"', "'"))


def say(name, value):
    print(json.dumps([name, value], default=str, sort_keys=True))


def rows(frame):
    return sorted(json.dumps(row.asDict(True), default=str, sort_keys=True) for row in frame.collect())


def found(frame):
    return {"schema": frame.schema.simpleString(), "rows": rows(frame)}


def files(path):
    """Folder and ending of each file below, without the part of a name that is drawn."""
    place = spark._jvm.org.apache.hadoop.fs.Path(path)
    system = place.getFileSystem(spark._jsc.hadoopConfiguration())
    walk, names = system.listFiles(place, True), []
    base = system.makeQualified(place).toUri().getPath()
    while walk.hasNext():
        folder, _, name = walk.next().getPath().toUri().getPath()[len(base) :].rpartition("/")
        names.append(folder + "/" + (name[:10] + "." + name.partition(".")[2] if name.startswith("part-") else name))
    return sorted(names)


FORMATS = {
    "csv": ("csv", {"header": "true"}, flat),
    "csv.gz": ("csv", {"header": "true", "compression": "gzip"}, flat),
    "json": ("json", {}, data),
    "json.gz": ("json", {"compression": "gzip"}, data),
    "parquet": ("parquet", {}, data),
    "parquet.gz": ("parquet", {"compression": "gzip"}, data),
    "orc": ("orc", {}, data),
    "text": ("text", {}, None),
    "text.gz": ("text", {"compression": "gzip"}, None),
}
for name, (form, options, shape) in FORMATS.items():
    path = ROOT + "/formats/" + name
    frame = data().select("text") if shape is None else shape(data()) if shape is flat else data()
    writer = frame.write if shape is None else frame.write.partitionBy("kind")
    writer.format(form).options(**options).save(path)
    say(name, found(spark.read.format(form).options(inferSchema="true", **options).load(path)))
    say(name + " files", files(path))

for mode in ("errorifexists", "ignore", "append", "overwrite", "dynamic"):
    path = f"{ROOT}/modes/{mode}"
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic" if mode == "dynamic" else "static")
    for first, count in ((0, 10), (100, 3)):
        writer = data(first, count).select("id", "kind", "yes").write.partitionBy("kind", "yes")
        try:
            writer.mode("overwrite" if mode == "dynamic" else mode).parquet(path)
        except Exception as problem:
            say(mode + " refused", "already exists" in str(problem))
    say(mode, found(spark.read.parquet(path)))
    say(mode + " files", files(path))

source = spark.read.parquet(ROOT + "/formats/parquet")
sums = source.groupBy("kind").agg(F.sum("money").alias("total"), F.max("at").alias("last"))
ranked = source.join(sums, "kind").withColumn("rank", F.row_number().over(Window.partitionBy("kind").orderBy("id")))
ranked.filter("rank <= 2").select("kind", "id", "total", "last", "rank").write.orc(ROOT + "/report")
say("report", found(spark.read.orc(ROOT + "/report")))
