"""What runs in Spark's own interpreter (Python 3.7 or later): each function is called by name, with the session first."""

import datetime
import decimal
import json
import os
import time

from pyspark.sql import Row
from pyspark.sql import types as t

TEXTS = ["plain", "", "two words", 'quo"ted', "com,ma", "한국어", "a+b=c%20&d", None]


# data


def _rich(spark):
    """Every kind of column; two partitions, always the same."""
    rows = [
        Row(
            id=n,
            text=TEXTS[n % len(TEXTS)],
            number=n / 7,
            money=decimal.Decimal(n) / 100,
            day=datetime.date(2023, 4, 1 + n % 28),
            at=datetime.datetime(2023, 4, 1, 12, n % 60),
            yes=n % 2 == 0,
            many=[n, n + 1],
            nested=Row(a=n, b=str(n)),
            kind="k{}".format(n % 3),
        )
        for n in range(100)
    ]
    schema = t.StructType(
        [
            t.StructField("id", t.LongType()),
            t.StructField("text", t.StringType()),
            t.StructField("number", t.DoubleType()),
            t.StructField("money", t.DecimalType(12, 2)),
            t.StructField("day", t.DateType()),
            t.StructField("at", t.TimestampType()),
            t.StructField("yes", t.BooleanType()),
            t.StructField("many", t.ArrayType(t.LongType())),
            t.StructField(
                "nested", t.StructType([t.StructField("a", t.LongType()), t.StructField("b", t.StringType())])
            ),
            t.StructField("kind", t.StringType()),
        ]
    )
    return spark.createDataFrame(spark.sparkContext.parallelize(rows, 2), schema)


def _data(spark, format):
    if format == "text":
        return _rich(spark).selectExpr("concat('line ', id) as value")
    if format == "csv":
        return _rich(spark).drop("many", "nested")
    return _rich(spark)


def _rows(frame):
    """Rows as text, in an order of their own, so that they can be compared."""
    return sorted(json.dumps(row.asDict(True), default=str, sort_keys=True) for row in frame.collect())


def _numbers(spark, first, count, kind="id % 3"):
    return spark.range(first, first + count, 1, 2).selectExpr("id", "concat('v', id) as text", kind + " as kind")


# tables


def write(spark, path, format, mode="errorifexists", partitions=(), options=None):
    """The rich data, written as any script does it."""
    _data(spark, format).write.format(format).mode(mode).options(**(options or {})).partitionBy(*partitions).save(path)


def read(spark, path, format, options=None):
    frame = spark.read.format(format).options(**(options or {})).load(path)
    return {"schema": frame.schema.simpleString(), "rows": _rows(frame)}


def write_numbers(
    spark, path, mode, first=0, count=10, partitions=("kind",), dynamic=False, kind="id % 3", format="json"
):
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic" if dynamic else "static")
    _numbers(spark, first, count, kind).write.mode(mode).partitionBy(*partitions).format(format).save(path)


def ids(spark, path, format="json"):
    return sorted(row.id for row in spark.read.format(format).load(path).select("id").collect())


def kinds(spark, path):
    return sorted(row.kind for row in spark.read.json(path).select("kind").distinct().collect())


def count(spark, path, format):
    return spark.read.format(format).load(path).count()


def copy_of_kinds(spark, path, kinds):
    """Writes partitions with the values given and reads them."""
    frame = spark.createDataFrame([(n, kind) for n, kind in enumerate(kinds)], "id long, kind string")
    frame.write.partitionBy("kind").parquet(path)
    return sorted([row.id, row.kind] for row in spark.read.parquet(path).collect())


def text_with_rdd(spark, path, lines):
    spark.sparkContext.parallelize(lines, 2).saveAsTextFile(path)
    return sorted(spark.sparkContext.textFile(path).collect())


def whole_texts(spark, path):
    return sorted([name, text] for name, text in spark.sparkContext.wholeTextFiles(path).collect())


def hadoop_formats(spark, path):
    pairs = [(n, "v{}".format(n)) for n in range(20)]
    spark.sparkContext.parallelize(pairs, 2).saveAsSequenceFile(path)
    return sorted([key, value] for key, value in spark.sparkContext.sequenceFile(path).collect())


def table(spark, path):
    """saveAsTable at a location, insert, read, drop."""
    spark.sql("drop table if exists numbers")
    _numbers(spark, 0, 6).write.option("path", path).partitionBy("kind").format("parquet").saveAsTable("numbers")
    spark.sql("insert into numbers select id + 100, text, kind from numbers")
    found = sorted(row.id for row in spark.table("numbers").collect())
    spark.sql("drop table numbers")
    return found


def stream(spark, source, target, checkpoint):
    """All that is new in the source, by a streaming query with a checkpoint."""
    frame = spark.readStream.schema("id long, text string").json(source)
    query = frame.writeStream.format("json").option("checkpointLocation", checkpoint).trigger(once=True).start(target)
    query.awaitTermination()
    return sorted(row.id for row in spark.read.json(target).collect())


def stateful_stream(spark, source, target, checkpoint):
    """A count that goes on from the state in its checkpoint."""
    frame = spark.readStream.schema("id long, text string").json(source).groupBy("text").count()

    def batch(counts, _):
        counts.coalesce(1).write.mode("overwrite").json(target)

    query = (
        frame.writeStream.outputMode("complete")
        .foreachBatch(batch)
        .option("checkpointLocation", checkpoint)
        .trigger(once=True)
        .start()
    )
    query.awaitTermination()
    return sorted([row.text, row["count"]] for row in spark.read.json(target).collect())


# failures


def write_and_fail(spark, path, mode):
    """One task ends and is committed, the other fails after it has written most of its rows."""

    def rows(index, _):
        for n in range(5000):
            yield (n, "x" * 100)
        if index == 1:
            raise RuntimeError("the task fails here")

    frame = spark.createDataFrame(
        spark.sparkContext.parallelize([0, 1], 2).mapPartitionsWithIndex(rows), "id long, text string"
    )
    frame.write.mode(mode).csv(path)


def write_and_hang(spark, paths, mode, folder):
    """For each path a job of two tasks, of which one ends and is committed, and the other never ends. Does not return."""
    import threading

    def job(number, path):
        def rows(index, _):
            for n in range(20000):
                yield (n, "x" * 100)
            with open(os.path.join(folder, "{}-{}".format(number, index)), "w"):
                pass
            if index == 1:
                time.sleep(600)

        pairs = spark.sparkContext.parallelize([0, 1], 2).mapPartitionsWithIndex(rows)
        spark.createDataFrame(pairs, "id long, text string").write.mode(mode).json(path)

    threads = [threading.Thread(target=job, args=pair) for pair in enumerate(paths)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Hadoop's FileSystem, as scripts use it through py4j


def _place(spark, url):
    path = spark._jvm.org.apache.hadoop.fs.Path(url)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def with_settings(spark, function, settings, **arguments):
    """Another of these functions, with a file system that has these settings; then all is as before."""
    conf = spark._jsc.hadoopConfiguration()
    before = {name: conf.get(name) for name in settings}
    try:
        for name, value in settings.items():
            conf.set(name, value)
        spark._jvm.org.apache.hadoop.fs.FileSystem.closeAll()
        return globals()[function](spark, **arguments)
    finally:
        for name, value in before.items():
            conf.set(name, value)
        spark._jvm.org.apache.hadoop.fs.FileSystem.closeAll()


def create(spark, url, text, overwrite=True):
    files, path = _place(spark, url)
    stream = files.create(path, overwrite)
    stream.write(bytearray(text.encode("utf-8")))
    stream.close()


def create_open(spark, url, text):
    """Written, but not closed: returns before. What was written is to be seen only when it is."""
    files, path = _place(spark, url)
    stream = files.create(path, True)
    stream.write(bytearray(text.encode("utf-8")))
    stream.flush()
    seen = files.exists(path)
    stream.close()
    return [seen, files.exists(path)]


def text_of(spark, url):
    files, path = _place(spark, url)
    stream = files.open(path)
    try:
        return spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()


def pieces(spark, url, places):
    """For each [position, length] what a reader that jumps there gets, as text of bytes 0-255."""
    files, path = _place(spark, url)
    stream, found = files.open(path), []
    for position, length in places:
        stream.seek(position)
        found.append(spark._jvm.org.apache.commons.io.IOUtils.toByteArray(stream, length).decode("latin-1"))
    stream.close()
    return found


def read_while(spark, url, position, other):
    """Reads a byte, replaces the object by the text `other`, reads on at `position`."""
    files, path = _place(spark, url)
    stream = files.open(path)
    stream.read()
    create(spark, url, other)
    stream.seek(position)
    return stream.read()


def status(spark, url):
    files, path = _place(spark, url)
    found = files.getFileStatus(path)
    return {
        "path": found.getPath().toString(),
        "folder": found.isDirectory(),
        "length": found.getLen(),
        "changed": found.getModificationTime(),
    }


def deleted_while_written(spark, folder, name):
    """What closing the file then says; "" if it says nothing."""
    from py4j.protocol import Py4JJavaError

    files, path = _place(spark, folder)
    output = files.create(spark._jvm.org.apache.hadoop.fs.Path(path, name))
    output.write(bytearray(b"x" * 100000))
    files.delete(path, True)
    try:
        output.close()
    except Py4JJavaError as error:
        return error.java_exception.toString()
    return ""


def exists(spark, url):
    files, path = _place(spark, url)
    return files.exists(path)


def listing(spark, url):
    files, path = _place(spark, url)
    return sorted(s.getPath().toString() + ("/" if s.isDirectory() else "") for s in files.listStatus(path))


def files_below(spark, url):
    files, path = _place(spark, url)
    found, names = files.listFiles(path, True), []
    while found.hasNext():
        names.append(found.next().getPath().toString())
    return sorted(names)


def glob(spark, url):
    files, path = _place(spark, url)
    return sorted(s.getPath().toString() for s in files.globStatus(path) or [])


def mkdirs(spark, url):
    files, path = _place(spark, url)
    return files.mkdirs(path)


def rename(spark, source, target):
    files, path = _place(spark, source)
    return files.rename(path, spark._jvm.org.apache.hadoop.fs.Path(target))


def delete(spark, url, recursive=False):
    files, path = _place(spark, url)
    return files.delete(path, recursive)


def summary(spark, url):
    files, path = _place(spark, url)
    found = files.getContentSummary(path)
    return [found.getFileCount(), found.getLength()]


def upload(spark, local, url):
    """The file's bytes, through a stream as Spark writes them."""
    files, path = _place(spark, url)
    source = spark._jvm.java.io.FileInputStream(local)
    spark._jvm.org.apache.hadoop.io.IOUtils.copyBytes(source, files.create(path, True), 1 << 17, True)


def digest(spark, url):
    files, path = _place(spark, url)
    stream = files.open(path)
    try:
        return spark._jvm.org.apache.commons.codec.digest.DigestUtils.md5Hex(stream)
    finally:
        stream.close()


def file_system_with(spark, url, settings):
    """Opens the file system of `url` with settings of its own, "" to take one away; returns its class."""
    conf = spark._jvm.org.apache.hadoop.conf.Configuration(spark._jsc.hadoopConfiguration())
    for name, value in settings.items():
        conf.set(name, value)
    uri = spark._jvm.java.net.URI(url)
    files = spark._jvm.org.apache.hadoop.fs.FileSystem.newInstance(uri, conf)
    files.exists(spark._jvm.org.apache.hadoop.fs.Path(url))
    return files.getClass().getName()
