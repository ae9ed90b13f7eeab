"""Which language a program wants names in."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from storefront.catalog import DEFAULT_LOCALE

LANGUAGES: Mapping[str, str] = {"en": "en", "zh-Hant-TW": "zh_Hant_TW"}
# What a browser of Taiwan may say for it.
ACCEPTED: Mapping[str, str] = {
    **LANGUAGES, "zh-TW": "zh_Hant_TW", "zh-Hant": "zh_Hant_TW", "zh": "zh_Hant_TW",
}  # fmt: skip


def locale(asked: str | None = None) -> str:
    """Return the locale that was asked for, in the address or else in `Accept-Language`."""
    if asked:
        return LANGUAGES[asked]
    found = request.accept_languages.best_match(ACCEPTED)
    return ACCEPTED[found] if found else DEFAULT_LOCALE
