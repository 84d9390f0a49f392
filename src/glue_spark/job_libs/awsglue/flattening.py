"""Unnest and Relationalize: nested fields as columns of their own, arrays as tables of their own.

Source: "DynamicFrame class", relationalize and unnest. A struct's fields become columns named by their paths. An array
becomes a table {name}_{path} with `id`, `index` and its elements as {path}.val (or {path}.val.{field}), and in its place
stays a column of ids.
"""

from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import choices, fields

_ID = "id"


def unnested(frame):
    """The DataFrame without structs: their fields are columns, named by their paths."""
    parts = []
    for field in frame.schema.fields:
        parts += _flat(field.name, fields.quoted(field.name), field.dataType)
    return fields.selected(frame, parts)


def _flat(name, sql, data_type):
    if not choices.is_struct(data_type):
        return [(name, sql)]
    found = []
    for field in data_type.fields:
        found += _flat(f"{name}.{field.name}", f"{sql}.{fields.quoted(field.name)}", field.dataType)
    return found


def relationalized(frame, root, name=None):
    """{name of the table: DataFrame}; the first is that of the frame itself, called `root`."""
    name = name or root
    flat = unnested(frame)
    arrays = [field for field in flat.schema.fields if isinstance(field.dataType, T.ArrayType)]
    if not arrays:
        return {name: flat}
    # The ids must be the same in the frame and in the tables of its arrays, however often each is computed.
    row_id = _unused_name(flat.columns)
    numbered = flat.withColumn(row_id, F.monotonically_increasing_id() + 1).persist()
    kept = {field.name for field in arrays}
    own = [
        (one, f"IF({fields.quoted(one)} IS NULL, NULL, {row_id})" if one in kept else fields.quoted(one))
        for one in flat.columns
    ]
    tables = {name: fields.selected(numbered, own)}
    for field in arrays:
        elements = numbered.selectExpr(
            f"{row_id} AS {_ID}",
            f"posexplode({fields.quoted(field.name)}) AS (`index`, {fields.quoted(field.name + '.val')})",
        )
        tables.update(relationalized(elements, root, f"{root}_{field.name}"))
    return tables


def _unused_name(names):
    found = "row_id"
    while found in names:
        found += "_"
    return found
