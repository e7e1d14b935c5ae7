"""Names and values as MLflow's filter language takes them."""


def quoted(value):
    """The value as a literal; None for one the language has no spelling for. LIKE and backslashes: the plugin has no escape."""
    if "\\" in value or "\n" in value:
        return None
    if "'" not in value:
        return "'%s'" % value
    return '"%s"' % value if '"' not in value else None


def named(kind, key):
    """`params.key`, quoted where it must be; None for a key that the language has no spelling for."""
    if "`" not in key:
        return "%s.`%s`" % (kind, key)
    return '%s."%s"' % (kind, key) if '"' not in key else None
