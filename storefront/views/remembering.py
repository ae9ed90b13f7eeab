"""Pages that are rendered once for all who would see the same (decision 0017)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from secrets import token_hex
from threading import Lock

from flask import Flask, current_app, get_flashed_messages, render_template, request

from storefront.views.languages import language
from storefront.views.pages import this_page
from storefront.views.preferences import chosen_currency
from storefront.views.security import form_token
from storefront.views.visitor import visitor

MOST_CHARACTERS = 4_000_000  # that a process keeps
# Nobody can guess them, so nobody can write them into a page.
TOKEN_HOLE, COUNT_HOLE = f"token-{token_hex(16)}", f"count-{token_hex(16)}"


class PageMemory:
    """Pages by what they are made of: those that were asked for last, and only so much of them."""

    def __init__(self, most: int) -> None:
        """Remember nothing yet."""
        self._most, self._held = most, 0
        self._pages: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def page(self, made_of: Hashable, render: Callable[[], str]) -> str:
        """Return the page; render it if it isn't known."""
        with self._lock:
            if made_of in self._pages:
                self._pages.move_to_end(made_of)
                return self._pages[made_of]
        page = render()
        with self._lock:
            self._held += len(page) - len(self._pages.pop(made_of, ""))
            self._pages[made_of] = page
            while self._held > self._most:
                self._held -= len(self._pages.popitem(last=False)[1])
        return page


def init_remembering(app: Flask) -> None:
    """Begin with nothing; who changes a template while debugging wants to see it at once."""
    app.extensions["page_memory"] = PageMemory(0 if app.debug else MOST_CHARACTERS)


def remembered(template: str, count: int, *made_of: Hashable, **shown: object) -> str:
    """Render a page, or take it from memory if just this was rendered before.

    `made_of` names all that is `shown`, and must not name what is one visitor's alone. The forms'
    token and the cart's `count` are holes in what is kept, and a page with messages for somebody
    isn't kept.
    """
    if get_flashed_messages():
        return render_template(template, **shown, count_items=lambda: count)
    around = (this_page(), request.script_root, language(), chosen_currency(), visitor() is None)

    def render() -> str:
        holes = {"csrf_token": lambda: TOKEN_HOLE, "count_items": lambda: COUNT_HOLE}
        return render_template(template, **shown, **holes)

    memory: PageMemory = current_app.extensions["page_memory"]
    page = memory.page((template, *around, *made_of), render).replace(COUNT_HOLE, str(count))
    return page.replace(TOKEN_HOLE, form_token()) if TOKEN_HOLE in page else page
