"""What most jobs do, done once: so that the JVM has seen the classes (for an archive of them), or has warmed to them.

    python exercise.py <folder>

CSV, JSON and Parquet, aggregates, joins, Python functions, and the file system for S3 - nothing of which shows in S3: a key
with a component `_temporary` lies in the scratch folder of the JVM. What does go to the endpoint asks for a bucket that
cannot be there, for its name is none. Python 3.7 or later.
"""

import contextlib
import os
import sys

SCRATCH = "s3://exercise/_temporary"
NO_BUCKET = "s3://mwaa-local--no-bucket/key"
LINES = 2000


def exercise(folder, times=1):
    """`folder` is an empty one. Spark is stopped in the end, its JVM is not."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    source = os.path.join(folder, "events.csv")
    with open(source, "w") as file:
        file.write("id,day,kind,price\n")
        for number in range(LINES):
            day = "2024-01-{:02}".format(number % 5 + 1)
            file.write("{},{},kind{},{:.2f}\n".format(number, day, number % 7, number * 1.5))
    for turn in range(times):
        _jobs(spark, source, "{}/{}".format(SCRATCH, turn))
        _requests(spark)
    spark.stop()


def _jobs(spark, source, place):
    from pyspark.sql import functions as f

    events = spark.read.csv(source, header=True, inferSchema=True)
    events.count()
    events.write.mode("overwrite").csv(place + "/csv", header=True)
    events = spark.read.option("header", "true").option("inferSchema", "true").csv(place + "/csv")
    totals = events.filter("price > 10").groupBy("day", "kind").agg(f.sum("price").alias("total"), f.count("*"))
    totals = totals.withColumnRenamed("count(1)", "number")
    totals.write.mode("overwrite").partitionBy("day").parquet(place + "/parquet")
    again = spark.read.parquet(place + "/parquet")
    again.createOrReplaceTempView("totals")
    joined = spark.sql("select kind, sum(total) t from totals where day > '2024-01-02' group by kind order by t desc")
    joined.join(again, "kind").coalesce(1).write.mode("append").json(place + "/json")
    spark.read.json(place + "/json").limit(3).collect()
    spark.createDataFrame([(1, "a"), (2, "b")], ["n", "s"]).select(f.udf(len)("s")).show()
    spark.sparkContext.parallelize(range(4), 2).map(str).collect()


def _requests(spark):
    path = spark._jvm.org.apache.hadoop.fs.Path(NO_BUCKET)
    with contextlib.suppress(Exception):  # that there is no such bucket
        path.getFileSystem(spark._jsc.hadoopConfiguration()).listStatus(path)


if __name__ == "__main__":
    exercise(sys.argv[1])
