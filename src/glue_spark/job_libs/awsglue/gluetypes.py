"""Types as scripts see them: what DynamicFrame.schema() answers, with AWS's names."""

from pyspark.sql import types as T

from awsglue import choices


class DataType:
    """A type without parts is told by its class alone."""

    name = "unknown"

    def __init__(self, properties=None):
        self.properties = properties or {}

    @classmethod
    def typeName(cls):
        return cls.name

    def jsonValue(self):
        return {"dataType": self.name}

    def lines(self, depth):
        """What printSchema says below the line of a field of this type."""
        return []

    def __eq__(self, other):
        return isinstance(other, DataType) and self.jsonValue() == other.jsonValue()

    def __hash__(self):
        return hash(repr(self.jsonValue()))

    def __repr__(self):
        return f"{type(self).__name__}({self.jsonValue()})"


class AtomicType(DataType):
    """One value."""


def _atomic(name, class_name):
    return type(class_name, (AtomicType,), {"name": name, "__doc__": f"`{name}`", "__module__": __name__})


BinaryType = _atomic("binary", "BinaryType")
BooleanType = _atomic("boolean", "BooleanType")
ByteType = _atomic("byte", "ByteType")
DateType = _atomic("date", "DateType")
DoubleType = _atomic("double", "DoubleType")
FloatType = _atomic("float", "FloatType")
IntegerType = _atomic("int", "IntegerType")
LongType = _atomic("long", "LongType")
NullType = _atomic("null", "NullType")
ShortType = _atomic("short", "ShortType")
StringType = _atomic("string", "StringType")
TimestampType = _atomic("timestamp", "TimestampType")
UnknownType = _atomic("unknown", "UnknownType")


class DecimalType(AtomicType):
    name = "decimal"

    def __init__(self, precision=10, scale=2, properties=None):
        super().__init__(properties)
        self.precision, self.scale = precision, scale

    def jsonValue(self):
        return {"dataType": self.name, "precision": self.precision, "scale": self.scale}


class ArrayType(DataType):
    name = "array"

    def __init__(self, elementType=None, properties=None):
        super().__init__(properties)
        self.elementType = elementType or UnknownType()

    def jsonValue(self):
        return {"dataType": self.name, "elementType": self.elementType.jsonValue()}

    def lines(self, depth):
        return _field_lines("element", self.elementType, depth)


class MapType(DataType):
    name = "map"

    def __init__(self, valueType=None, keyType=None, properties=None):
        super().__init__(properties)
        self.keyType, self.valueType = keyType or StringType(), valueType or UnknownType()

    def jsonValue(self):
        return {"dataType": self.name, "valueType": self.valueType.jsonValue(), "keyType": self.keyType.jsonValue()}

    def lines(self, depth):
        return _field_lines("keyType", self.keyType, depth) + _field_lines("valueType", self.valueType, depth)


class ChoiceType(DataType):
    """One of several types, from record to record."""

    name = "choice"

    def __init__(self, choices=(), properties=None):
        super().__init__(properties)
        self.choices = {one.typeName(): one for one in choices}

    def add(self, one):
        self.choices[one.typeName()] = one

    def jsonValue(self):
        return {"dataType": self.name, "choices": [one.jsonValue() for one in self.choices.values()]}

    def lines(self, depth):
        found = []
        for name, one in self.choices.items():
            found += [_indented(depth) + name, *one.lines(depth + 1)]
        return found


class Field:
    def __init__(self, name, dataType, properties=None):
        self.name, self.dataType, self.properties = name, dataType, properties or {}

    def jsonValue(self):
        return {"name": self.name, "container": self.dataType.jsonValue(), "properties": self.properties}

    def __eq__(self, other):
        return isinstance(other, Field) and (self.name, self.dataType) == (other.name, other.dataType)

    def __hash__(self):
        return hash((self.name, self.dataType))

    def __repr__(self):
        return f"Field({self.name!r}, {self.dataType!r})"


class StructType(DataType):
    """Fields by name; iterating gives them in order."""

    name = "struct"

    def __init__(self, fields=(), properties=None):
        super().__init__(properties)
        self.fields = list(fields)
        self.field_map = {field.name: field for field in self.fields}

    def add(self, field):
        self.fields.append(field)
        self.field_map[field.name] = field

    def jsonValue(self):
        return {"dataType": self.name, "fields": [field.jsonValue() for field in self.fields]}

    def lines(self, depth):
        return [line for field in self.fields for line in _field_lines(field.name, field.dataType, depth)]

    def treeString(self):
        """The text of printSchema."""
        return "\n".join(["root", *self.lines(0)]) + "\n"

    def __iter__(self):
        return iter(self.fields)

    def __len__(self):
        return len(self.fields)


def _indented(depth):
    return "|    " * depth + "|-- "


def _field_lines(name, data_type, depth):
    return [f"{_indented(depth)}{name}: {data_type.typeName()}", *data_type.lines(depth + 1)]


_ATOMIC = {one.name: one for one in AtomicType.__subclasses__()}


def from_spark(data_type):
    """A Spark type, choices and all, as one of these."""
    if choices.is_choice(data_type):
        return ChoiceType([from_spark(one) for one in choices.alternatives(data_type).values()])
    if isinstance(data_type, T.StructType):
        return StructType([Field(field.name, from_spark(field.dataType)) for field in data_type.fields])
    if isinstance(data_type, T.ArrayType):
        return ArrayType(from_spark(data_type.elementType))
    if isinstance(data_type, T.MapType):
        return MapType(from_spark(data_type.valueType), from_spark(data_type.keyType))
    if isinstance(data_type, T.DecimalType):
        return DecimalType(data_type.precision, data_type.scale)
    return _ATOMIC.get(choices.name_of(data_type), UnknownType)()
