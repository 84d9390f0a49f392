"""The Data Catalog, on moto's objects: moto keeps databases, tables, partitions and connections, and so whatever else
reads moto's catalog sees what is done here. The handlers are in api/; here is what they share.

    backend.py            finds moto's objects; the one lock of the catalog; what moto has no place for
    databases.py          a database in AWS's shape
    tables.py             tables and their versions
    partitions.py         partitions, and which of them an expression selects
    partition_indexes.py  indexes of a table and their states                  (no moto)
    column_statistics.py  statistics of columns, of a table or a partition     (no moto)
    connections.py        connections: what each type needs, what is shown
    registries.py         schema registries           security.py   security configurations, policies
    search.py             SearchTables                                         (no moto)
    patterns.py           name patterns of GetTables and GetUserDefinedFunctions
    errors.py             AWS's sentences about all of these
    moto_operations.py    which of moto's own operations are used, and how far they are real

Statistics, indexes and functions are attributes of the moto object they belong to: they are saved, and go, with it.
"""
