"""ApplyMapping: which fields go where, under which names and types."""

from awsglue import choices, fields

# Given as the type of a target, these say nothing of what is inside: the type stays as it is.
_SHAPES = ("struct", "array", "map", "choice")


def mapped(frame, mappings):
    """The DataFrame of the fields that the mappings name, in their order. A source that is not there is passed over."""
    tree = {}
    for mapping in mappings:
        source, target, wanted = _parts(mapping)
        found = fields.type_at(frame.schema, source)
        if found is not None:
            _put(tree, target, _cast(fields.reference(source), found, wanted))
    return fields.selected(frame, [(name, _sql(part)) for name, part in tree.items()])


def _parts(mapping):
    """(source, source type, target, target type), or (source, target)."""
    if len(mapping) == 2:
        return fields.split(mapping[0]), fields.split(mapping[1]), ""
    if len(mapping) != 4:
        raise ValueError(f"A mapping is (source, source type, target, target type), not {mapping!r}")
    source, _, target, wanted = mapping
    return fields.split(source), fields.split(target), wanted


def _put(tree, steps, sql):
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise ValueError(f"Two mappings do not go together: {step!r} is a value in one and has fields in the other")
    tree[steps[-1]] = sql


def _sql(part):
    return fields.struct_of([(name, _sql(one)) for name, one in part.items()]) if isinstance(part, dict) else part


def _cast(sql, have, wanted):
    wanted = wanted.strip()
    if not wanted or wanted.lower() in _SHAPES:
        return sql
    want = fields.parse_type(wanted)
    return cast(sql, have, want)


def cast(sql, have, want):
    """SQL of a value cast; of a choice, whichever alternative is set."""
    if have == want:
        return sql
    target = fields.ddl(want)
    if not choices.is_choice(have):
        return f"CAST({_castable(sql, have, want)} AS {target})"
    parts = [
        f"CAST({_castable(sql + '.' + fields.quoted(choices.MARK + name), one, want)} AS {target})"
        for name, one in choices.alternatives(have).items()
    ]
    return "COALESCE({})".format(", ".join(parts))


def _castable(sql, have, want):
    """A struct or array becomes JSON where a string is wanted, and null where another value is, which SQL would refuse."""
    name = choices.name_of(have)
    if name not in ("struct", "array", "map") or name == choices.name_of(want):
        return sql
    return f"to_json({sql})" if choices.name_of(want) == "string" else "NULL"
