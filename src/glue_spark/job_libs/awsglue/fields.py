"""Paths to fields, and edits of fields at any depth, as SQL.

As SQL and not as Columns, because nested functions over arrays are wrong in Spark 3.1.1's Python (SPARK-34794).
"""

import itertools

from pyspark.sql import types as T
from pyspark.sql.types import _parse_datatype_string

from awsglue import choices

ELEMENT = "[]"
_variables = itertools.count()


def split(path):
    """Steps of a path: dots separate, unless between backticks; `a[]` is a step into the elements of an array.

    "a.`b.c`.d[].e" -> ("a", "b.c", "d", "[]", "e")
    """
    steps, current, quoted, literal = [], "", False, False
    for character in path + ".":
        if character == "`":
            quoted, literal = not quoted, True
        elif character == "." and not quoted:
            elements = not literal and current.endswith(ELEMENT)
            steps += [current[: -len(ELEMENT)], ELEMENT] if elements else [current]
            current, literal = "", False
        else:
            current += character
    if quoted:
        raise ValueError(f"The path {path!r} has a backtick that is not closed")
    return tuple(steps)


def type_at(schema, steps):
    """The type of the field there, or None. A step into an array of structs goes to its elements, as in SQL."""
    found = schema
    for step in steps:
        if isinstance(found, T.ArrayType):
            found = found.elementType
            if step == ELEMENT:
                continue
        if not choices.is_struct(found):
            return None
        matching = [field.dataType for field in found.fields if field.name == step]
        if not matching:
            return None
        found = matching[0]
    return found


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def reference(steps):
    """SQL of a field."""
    return ".".join(quoted(step) for step in steps if step != ELEMENT)


def literal(text):
    """SQL of a string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def struct_of(parts):
    """SQL of a struct, of (name, sql)."""
    return "named_struct({})".format(", ".join(f"{literal(name)}, {sql}" for name, sql in parts))


def ddl(data_type):
    """A type as SQL writes it, whatever its fields are called."""
    if isinstance(data_type, T.StructType):
        parts = ", ".join(f"{quoted(field.name)}: {ddl(field.dataType)}" for field in data_type.fields)
        return f"struct<{parts}>"
    if isinstance(data_type, T.ArrayType):
        return f"array<{ddl(data_type.elementType)}>"
    if isinstance(data_type, T.MapType):
        return f"map<{ddl(data_type.keyType)}, {ddl(data_type.valueType)}>"
    return "void" if isinstance(data_type, T.NullType) else data_type.simpleString()


def parse_type(text):
    """A type as scripts write it: long, decimal(10,2), array<string>. Raises ValueError."""
    try:
        return T.NullType() if text == "null" else _parse_datatype_string(text)
    except Exception as problem:
        raise ValueError(f"{text!r} is no type: {str(problem).splitlines()[0]}") from None


def rewritten(frame, change):
    """The DataFrame with fields changed. `change(steps, sql, type)` is asked for every field, from the outside in: None
    leaves it and goes on inside; a list of (name, sql) takes its place."""
    parts = _rewritten_fields(frame.schema, quoted, change, ())
    if parts is None:
        return frame
    return selected(frame, parts)


def selected(frame, parts):
    return frame.selectExpr(*[f"{sql} AS {quoted(name)}" for name, sql in parts])


def _rewritten_fields(struct, sql_of, change, steps):
    """(name, sql) of the fields of a struct, or None if nothing changes."""
    found, changed = [], False
    for field in struct.fields:
        sql, here = sql_of(field.name), (*steps, field.name)
        parts = change(here, sql, field.dataType)
        if parts is None:
            inside = _rewritten_value(sql, field.dataType, change, here)
            parts, changed = [(field.name, inside or sql)], changed or inside is not None
        else:
            changed = True
        found += parts
    return found if changed else None


def _rewritten_value(sql, data_type, change, steps):
    """SQL of a value with the changes inside it, or None."""
    if isinstance(data_type, T.StructType):
        here = _rewritten_alternatives if choices.is_choice(data_type) else _rewritten_fields
        parts = here(data_type, lambda name: f"{sql}.{quoted(name)}", change, steps)
        return parts and f"IF({sql} IS NULL, NULL, {struct_of(parts)})"
    if isinstance(data_type, T.ArrayType):
        variable, here = f"e{next(_variables)}", (*steps, ELEMENT)
        parts = change(here, variable, data_type.elementType)
        inside = parts[0][1] if parts else _rewritten_value(variable, data_type.elementType, change, here)
        return inside and f"transform({sql}, {variable} -> {inside})"
    return None


def _rewritten_alternatives(choice, sql_of, change, steps):
    """Inside the alternatives of a choice: they are no fields, so nothing is asked for them."""
    found = []
    for field in choice.fields:
        sql = sql_of(field.name)
        found.append((field.name, sql, _rewritten_value(sql, field.dataType, change, steps)))
    if not any(inside for _, _, inside in found):
        return None
    return [(name, inside or sql) for name, sql, inside in found]


def conformed(sql, have, want):
    """SQL of a value of type `have` as `want`, which is a merge of `have` with others."""
    if have == want:
        return sql
    if isinstance(have, T.NullType):
        return f"CAST(NULL AS {ddl(want)})"
    if choices.is_choice(want):
        known, own = choices.alternatives(want), choices.alternatives(have)
        value = {name: f"{sql}.{quoted(choices.MARK + name)}" if choices.is_choice(have) else sql for name in own}
        parts = [
            (
                choices.MARK + name,
                conformed(value[name], own[name], one) if name in own else conformed("", T.NullType(), one),
            )
            for name, one in known.items()
        ]
        return f"IF({sql} IS NULL, NULL, {struct_of(parts)})"
    if isinstance(want, T.StructType):
        own = {field.name: field.dataType for field in have.fields}
        parts = [
            (field.name, conformed(f"{sql}.{quoted(field.name)}", own.get(field.name, T.NullType()), field.dataType))
            for field in want.fields
        ]
        return f"IF({sql} IS NULL, NULL, {struct_of(parts)})"
    if isinstance(want, T.ArrayType):
        variable = f"e{next(_variables)}"
        return f"transform({sql}, {variable} -> {conformed(variable, have.elementType, want.elementType)})"
    return f"CAST({sql} AS {ddl(want)})"


def frame_conformed(frame, schema):
    """The DataFrame with the columns of `schema`."""
    own = {field.name: field.dataType for field in frame.schema.fields}
    parts = [
        (field.name, conformed(quoted(field.name), own.get(field.name, T.NullType()), field.dataType))
        for field in schema.fields
    ]
    return selected(frame, parts)


def choice_as_struct(steps, sql, data_type):
    """For `rewritten`: a choice as the struct that AWS makes of it."""
    return [(steps[-1], plain_struct(sql, data_type))] if choices.is_choice(data_type) else None


def plain_struct(sql, data_type):
    """SQL of a choice as a struct with a field for each type."""
    parts = [(name, f"{sql}.{quoted(choices.MARK + name)}") for name in choices.alternatives(data_type)]
    return f"IF({sql} IS NULL, NULL, {struct_of(parts)})"
