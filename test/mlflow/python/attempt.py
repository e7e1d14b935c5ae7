"""Calls of a store that some releases refuse, or do not have."""

import inspect

REFUSED = []


def attempt(what, call, *args, **kwargs):
    """The call's answer, or None when this release refuses it."""
    try:
        return call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - any refusal of any release is the same to us
        REFUSED.append(what)
        print("refused: %s: %s" % (what, str(error).splitlines()[0][:140] if str(error) else type(error).__name__))
        return None


def accepts(call, name):
    return name in inspect.signature(call).parameters
