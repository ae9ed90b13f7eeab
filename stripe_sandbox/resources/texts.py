"""What a caller writes for people to read: addresses for mail, words for a bank statement."""

import re

from stripe_sandbox.protocol.errors import invalid
from stripe_sandbox.protocol.shapes import Json

_ADDRESS = re.compile(r"\A[^@\s]+@[^@\s]+\Z")
_ADDRESSES = ("customer_email", "email", "receipt_email")
_STATEMENT = re.compile(r"""\A(?=.*[A-Za-z])[^<>\\'"*]{1,22}\Z""")
_STATEMENTS = ("statement_descriptor", "statement_descriptor_suffix")


def check_texts(params: Json, hash_name: str = "") -> None:
    """Raise the 400 for a text among these parameters that could not be used as what it is."""
    for name in _ADDRESSES:
        if (text := params.get(name)) and not _ADDRESS.match(text):
            raise invalid(
                f"Invalid email address: {text}", _param(hash_name, name), "email_invalid"
            )
    for name in _STATEMENTS:
        if (text := params.get(name)) and not _STATEMENT.match(text):
            raise invalid(
                f"The {name} can have up to 22 characters, one of them a letter and none of them "
                "<, >, \\, ', \" or *.",
                _param(hash_name, name),
            )


def _param(hash_name: str, name: str) -> str:
    return f"{hash_name}[{name}]" if hash_name else name
