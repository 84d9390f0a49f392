"""Rows as the dicts that a script's functions are given, dicts as rows, and the types of both.

All of it runs in Spark's Python workers.
"""

import datetime
import decimal
import traceback

from pyspark.sql import types as T

from awsglue import choices

_PLAIN = {type(None), bool, float, str, bytes, datetime.datetime, datetime.date}
_WHOLE = ((T.ByteType, 7), (T.ShortType, 15), (T.IntegerType, 31), (T.LongType, 63))


class DynamicRecord(dict):
    """A record as a dict. Fields are attributes as well (record.address.zip), and paths keys (record["address.zip"])."""

    def __missing__(self, key):
        first, dot, rest = key.partition(".") if isinstance(key, str) else (key, "", "")
        if dot and isinstance(self.get(first), dict):
            return self[first][rest]
        raise KeyError(key)

    def __getattr__(self, name):
        if name.startswith("__") or name not in self:
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name, value):
        self[name] = value

    def __reduce__(self):
        return (DynamicRecord, (dict(self),))


def from_row(value, data_type):
    """What a function of the script sees of `value`, which Spark holds as `data_type`."""
    if value is None:
        return None
    if choices.is_choice(data_type):
        found = [(one, field.dataType) for field, one in zip(data_type.fields, value) if one is not None]
        return from_row(*found[0]) if found else None
    if isinstance(data_type, T.StructType):
        parts = [(field.name, from_row(part, field.dataType)) for field, part in zip(data_type.fields, value)]
        return DynamicRecord(parts)
    if isinstance(data_type, T.ArrayType):
        return [from_row(one, data_type.elementType) for one in value]
    if isinstance(data_type, T.MapType):
        return {key: from_row(one, data_type.valueType) for key, one in value.items()}
    return value


def to_row(value, data_type):
    """`value` as Spark wants a `data_type`, which must have been made by `type_of` from this value among others."""
    if value is None or isinstance(data_type, T.NullType):
        return None
    if choices.is_choice(data_type):
        name = _alternative(value, data_type)
        return tuple(
            to_row(value, one) if key == name else None for key, one in choices.alternatives(data_type).items()
        )
    if isinstance(data_type, T.StructType):
        parts = value.asDict() if isinstance(value, T.Row) else value
        return tuple(to_row(parts.get(field.name), field.dataType) for field in data_type.fields)
    if isinstance(data_type, T.ArrayType):
        return [to_row(one, data_type.elementType) for one in value]
    if isinstance(data_type, T.MapType):
        return {key: to_row(one, data_type.valueType) for key, one in value.items()}
    return value


def _alternative(value, data_type):
    known = choices.alternatives(data_type)
    name = choices.name_of(type_of(value, data_type))
    return "map" if name == "struct" and name not in known else name


def type_of(value, hint=None):
    """The type of a value. A `hint` is the type that the field had before: it stays, if the value fits."""
    if value is None:
        return T.NullType()
    for one in choices.alternatives(hint).values() if hint is not None else ():
        if _fits(value, one):
            return _type_within(value, one)
    return _type_within(value, None)


def _fits(value, hint):
    if isinstance(value, bool):
        return isinstance(hint, T.BooleanType)
    if isinstance(value, int):
        return any(isinstance(hint, kind) and -(2**bits) <= value < 2**bits for kind, bits in _WHOLE)
    if isinstance(value, float):
        return isinstance(hint, (T.DoubleType, T.FloatType))
    if isinstance(value, decimal.Decimal):
        return isinstance(hint, T.DecimalType) and choices.merge(hint, _decimal(value)) == hint
    if isinstance(value, (dict, T.Row)):
        return choices.is_struct(hint) or (isinstance(hint, T.MapType) and not isinstance(value, T.Row))
    return isinstance(hint, T.ArrayType) and isinstance(value, (list, tuple))


def _type_within(value, hint):
    if isinstance(value, T.Row):
        value = value.asDict()
    if isinstance(value, dict):
        return _type_of_dict(value, hint)
    if isinstance(value, (list, tuple)):
        element = hint.elementType if hint is not None else None
        found = T.NullType()
        for one in value:
            found = choices.merge(found, type_of(one, element))
        return T.ArrayType(found)
    return hint if hint is not None else _atomic(value)


def _type_of_dict(value, hint):
    if isinstance(hint, T.MapType):
        found = T.NullType()
        for one in value.values():
            found = choices.merge(found, type_of(one, hint.valueType))
        return T.MapType(hint.keyType, found)
    hints = {field.name: field.dataType for field in hint.fields} if hint is not None else {}
    return T.StructType([T.StructField(str(name), type_of(one, hints.get(name))) for name, one in value.items()])


def _atomic(value):
    if isinstance(value, bool):
        return T.BooleanType()
    if isinstance(value, int):
        if -(2**31) <= value < 2**31:
            return T.IntegerType()
        return T.LongType() if -(2**63) <= value < 2**63 else T.DecimalType(38, 0)
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    for kinds, data_type in (
        (float, T.DoubleType()),
        (str, T.StringType()),
        ((bytes, bytearray), T.BinaryType()),
        (datetime.datetime, T.TimestampType()),
        (datetime.date, T.DateType()),
    ):
        if isinstance(value, kinds):
            return data_type
    raise TypeError(f"A DynamicFrame cannot hold {value!r}, a {type(value).__name__}")


def _decimal(value):
    _, digits, exponent = value.as_tuple()
    scale = max(0, -exponent)
    return T.DecimalType(min(38, max(len(digits) + max(0, exponent), scale)), scale)


def with_hints(data_type, hint):
    """A field that is null in all records keeps the type it had."""
    if isinstance(data_type, T.NullType):
        return hint
    if choices.is_struct(data_type) and choices.is_struct(hint):
        known = {field.name: field.dataType for field in hint.fields}
        fields = [(field.name, field.dataType, known.get(field.name)) for field in data_type.fields]
        return T.StructType([T.StructField(name, with_hints(one, was) if was else one) for name, one, was in fields])
    if isinstance(data_type, T.ArrayType) and isinstance(hint, T.ArrayType):
        return T.ArrayType(with_hints(data_type.elementType, hint.elementType))
    return data_type


def shape(value):
    """What decides the type of a value; two of equal shape have equal types. Much faster than the type. Raises TypeError."""
    kind = type(value)
    if kind in _PLAIN:
        return kind
    if kind is int:
        return (value if value >= 0 else ~value).bit_length()
    if isinstance(value, T.Row):
        value = value.asDict()
    if isinstance(value, dict):
        return tuple([(name, shape(one)) for name, one in value.items()])
    if isinstance(value, (list, tuple)):
        return frozenset([shape(one) for one in value])
    return type_of(value)


class Types:
    """The type of all records that were added."""

    def __init__(self, hint=None):
        self.schema, self._hint, self._seen = T.StructType([]), hint, set()

    def add(self, record):
        found = shape(record)
        if found not in self._seen:
            self._seen.add(found)
            self.schema = choices.merge_structs(self.schema, type_of(record, self._hint))


def schema_of(rdd, hint=None):
    """The type of the dicts of an RDD, found by looking at all of them."""

    def look(records):
        types = Types(hint)
        for record in records:
            types.add(record)
        yield types.schema

    found = rdd.mapPartitions(look).fold(T.StructType([]), choices.merge_structs)
    return found if hint is None else with_hints(found, hint)


def frame_of(spark, rdd, hint=None, schema=None):
    """A DataFrame of an RDD of dicts."""
    schema = schema_of(rdd, hint) if schema is None else schema
    return spark.createDataFrame(rdd.map(lambda record: to_row(record, schema)), schema, verifySchema=False)


def attempt(function):
    """`function` of a record, as (True, result) or (False, error record)."""

    def attempted(record):
        try:
            return True, function(record)
        except Exception as problem:
            return False, error(problem, record)

    return attempted


def error(problem, record):
    """What errorsAsDynamicFrame shows of a record that could not be handled."""
    trace = "".join(traceback.format_exception(type(problem), problem, problem.__traceback__))
    message = f"{type(problem).__name__}: {problem}"
    return {"error": {"msg": message, "stackTrace": trace, "dynamicRecord": record}}
