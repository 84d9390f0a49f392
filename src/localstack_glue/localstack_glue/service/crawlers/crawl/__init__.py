"""One crawl, in a process of its own (`python -m localstack_glue.service.crawlers.crawl <folder>`).

    __main__.py    from order.json to result.json       log.py        what the crawl prints: CloudWatch's events
    targets.py     each kind of target                  objects.py    what lies below an S3 path, and the parts of it
    globs.py       exclude patterns                     samples.py    the beginning of a file, decompressed
    classify.py    which format a file has              formats/      a module for each: schema, records, SerDe
    types.py       Hive's types: infer, merge, write    grouping.py   folders to tables and partitions
    tables.py      TableInput and PartitionInput        catalog.py    writes them, as the crawler's policies say

It reads S3 and writes the catalog through the endpoint it is told, as any client does; so its memory and its crashes are
its own, and what it writes is what everybody sees. pyarrow is imported only when a Parquet or ORC file is met.
"""
