"""Choice types inside a DataFrame, which has none: a struct that marks itself by the names of its fields.

A field that is a long in one record and a string in another is `struct<choice:long: bigint, choice:string: string>`, of
which one is set. The mark is part of the type, and so survives every operation of Spark, at any depth.
"""

from pyspark.sql import types as T

MARK = "choice:"
# AWS's names of types, by Spark's.
NAMES = {"integer": "int", "void": "null", "short": "short", "byte": "byte"}


def name_of(data_type):
    """What Glue calls it: long, where SQL says bigint."""
    return "choice" if is_choice(data_type) else NAMES.get(data_type.typeName(), data_type.typeName())


def is_choice(data_type):
    fields = data_type.fields if isinstance(data_type, T.StructType) else []
    return bool(fields) and all(field.name.startswith(MARK) for field in fields)


def is_struct(data_type):
    return isinstance(data_type, T.StructType) and not is_choice(data_type)


def alternatives(data_type):
    """{AWS's name: type}, in order; of a type that is no choice: itself."""
    if not is_choice(data_type):
        return {name_of(data_type): data_type}
    return {field.name[len(MARK) :]: field.dataType for field in data_type.fields}


def choice(types):
    """Of {name: type}. One alternative is none."""
    if len(types) == 1:
        return next(iter(types.values()))
    return T.StructType([T.StructField(MARK + name, types[name]) for name in sorted(types)])


def has_choice(data_type):
    """At any depth."""
    return has(data_type, is_choice)


def has(data_type, test):
    """Is there a type, at any depth, for which the test holds."""
    if test(data_type):
        return True
    if isinstance(data_type, T.StructType):
        return any(has(field.dataType, test) for field in data_type.fields)
    if isinstance(data_type, T.ArrayType):
        return has(data_type.elementType, test)
    return isinstance(data_type, T.MapType) and has(data_type.valueType, test)


def merge(one, other):
    """The type of a field that has `one` type here and the `other` there."""
    if one == other or isinstance(other, T.NullType):
        return one
    if isinstance(one, T.NullType):
        return other
    if is_choice(one) or is_choice(other) or name_of(one) != name_of(other):
        found = dict(alternatives(one))
        for name, data_type in alternatives(other).items():
            found[name] = merge(found[name], data_type) if name in found else data_type
        return choice(found)
    return _merged_within(one, other)


def _merged_within(one, other):
    """Two types of the same name."""
    if isinstance(one, T.StructType):
        return merge_structs(one, other)
    if isinstance(one, T.ArrayType):
        return T.ArrayType(merge(one.elementType, other.elementType))
    if isinstance(one, T.MapType):
        return T.MapType(one.keyType, merge(one.valueType, other.valueType))
    if isinstance(one, T.DecimalType):
        scale = max(one.scale, other.scale)
        whole = max(one.precision - one.scale, other.precision - other.scale)
        return T.DecimalType(min(38, whole + scale), scale)
    return one


def merge_structs(one, other):
    """The fields of both: those of `one` first."""
    found = {field.name: field.dataType for field in one.fields}
    for field in other.fields:
        found[field.name] = merge(found[field.name], field.dataType) if field.name in found else field.dataType
    return T.StructType([T.StructField(name, data_type) for name, data_type in found.items()])
