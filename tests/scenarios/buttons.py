"""The panel's buttons, pressed as forms are, and its page, read as text."""

from __future__ import annotations

from tests.pages.html import checked_page, text_of
from tests.shop import Visitor


def arm(visitor: Visitor, token: str, name: str) -> str:
    """Press the button of a scenario; return what the page then says."""
    answer = visitor.post(f"/orders/{token}/scenario", name=name)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/orders/{token}#scenarios-")
    return look(visitor, token)


def look(visitor: Visitor, token: str) -> str:
    return text_of(checked_page(visitor.get(f"/orders/{token}").text))


def pay_unseen(visitor: Visitor, token: str) -> None:
    visitor.post(f"/orders/{token}/scenario/pay")
