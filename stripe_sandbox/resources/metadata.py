"""Metadata: up to 50 short pairs on an object, merged and unset key by key."""

from stripe_sandbox.protocol.errors import invalid

_MOST_KEYS, _LONGEST_KEY, _LONGEST_VALUE = 50, 40, 500


def merged(known: dict[str, str], given: dict[str, str] | None) -> dict[str, str]:
    """Return `known` changed by `given`: "" unsets a key, None (the whole sent empty) all keys."""
    if given is None:
        return {}
    for key, value in given.items():
        if len(key) > _LONGEST_KEY:
            raise invalid(
                f"Metadata keys can have up to {_LONGEST_KEY} characters.", f"metadata[{key}]"
            )
        if len(value) > _LONGEST_VALUE:
            raise invalid(
                f"Metadata values can have up to {_LONGEST_VALUE} characters, but you passed in a "
                f"value that is {len(value)} characters.",
                f"metadata[{key}]",
            )
    result = {key: value for key, value in {**known, **given}.items() if value != ""}
    if len(result) > _MOST_KEYS:
        raise invalid(f"You cannot have more than {_MOST_KEYS} metadata keys.", "metadata")
    return result
