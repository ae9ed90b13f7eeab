"""The languages that a shopper can read, and sentences that can be told in any of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

DEFAULT_LOCALE = "en"
# Each by the name that its readers give it.
LOCALES: Mapping[str, str] = {"en": "English", "zh_Hant_TW": "繁體中文"}
# What a browser may ask for. Who reads any Chinese is served better by ours than by English.
ACCEPTED: Mapping[str, str] = {
    "en": "en",
    **dict.fromkeys(
        ("zh-Hant-TW", "zh-Hant-HK", "zh-Hant-MO", "zh-Hant", "zh-TW", "zh-HK", "zh-MO", "zh"),
        "zh_Hant_TW",
    ),
}


class Sentence(str):
    """English, which remembers what it was made of, so that a page can tell it in any language.

    Programs, logs and operators read it as it is. Given as `Sentence(message, **values)`, where
    `message` holds `%(name)s` for each value; `make messages` finds it by that.
    """

    message: str
    plural: str | None
    values: Mapping[str, object]

    def __new__(cls, message: str, plural: str | None = None, /, **values: object) -> Self:
        """Say it in English; `plural` unless the value called `count` is 1."""
        is_many = plural is not None and values["count"] != 1
        self = super().__new__(cls, (plural if is_many and plural else message) % values)
        self.message, self.plural, self.values = message, plural, values
        return self


def counted(message: str, plural: str, /, **values: object) -> Sentence:
    """Return a sentence about `count` things, which languages tell in their own ways."""
    return Sentence(message, plural, **values)


def html_language(locale: str) -> str:
    """Return a locale as HTML and HTTP write it: `zh-Hant-TW`."""
    return locale.replace("_", "-")
