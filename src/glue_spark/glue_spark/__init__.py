"""What is made for Spark before a job of it can run. Uses the standard library alone, from Python 3.9 on.

jar.py    compiles the S3 file system (../filesystem) and the JVM's start (../start) against the jars of a pyspark
"""
