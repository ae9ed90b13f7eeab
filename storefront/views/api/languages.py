"""Which language a program wants names in."""

from __future__ import annotations

from collections.abc import Mapping

from storefront.languages import LOCALES, html_language
from storefront.views.languages import wished_locale

LANGUAGES: Mapping[str, str] = {html_language(each): each for each in LOCALES}


def locale(asked: str | None = None) -> str:
    """Return the locale that was asked for, in the address or else in `Accept-Language`."""
    return LANGUAGES[asked] if asked else wished_locale()
