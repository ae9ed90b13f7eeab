"""In which language a page is told: the one that was chosen, else what the browser wishes.

The catalogues are read from their sources when the first page asks, so that there is nothing to
compile and nothing that can be older than its source (decision 0015).
"""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_name
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, request, session
from flask_babel import Babel, Domain, format_date, format_time, gettext
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from storefront.languages import ACCEPTED, DEFAULT_LOCALE, LOCALES, Sentence
from storefront.money import format_money
from storefront.views.api.errors import is_below_api

CATALOGUES = Path(__file__).parents[2] / "translations"


class Catalogues(Domain):  # type: ignore[misc]  # it ships no types
    """Where Flask-Babel finds the words of this request's language."""

    def get_translations(self) -> NullTranslations:
        """Return the words."""
        return words()


def init_languages(app: Flask) -> None:
    """Let every page be told in the language of whoever asks."""
    babel = Babel(app, locale_selector=language, configure_jinja=False)
    babel.domain_instance = Catalogues()
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        lambda message: words().ugettext(message),
        lambda one, many, count: words().ungettext(one, many, count),
        newstyle=True,
    )
    environment.filters |= {
        "spoken": spoken,
        "money": money,
        "moment": moment,
        "currency_name": currency_name,
    }
    app.after_request(tell_caches)


def language() -> str:
    """Return the locale of this request, one of `LOCALES`."""
    if "language" not in g:
        g.language = chosen_locale()
    return str(g.language)


def chosen_locale() -> str:
    """Return the locale that the visitor chose, else the one that the browser likes best.

    What is below /v1 is for programmers, and English throughout.
    """
    if is_below_api():
        return DEFAULT_LOCALE
    chosen = str(session.get("locale"))
    return chosen if chosen in LOCALES else wished_locale()


def wished_locale() -> str:
    """Return the one of our locales that `Accept-Language` likes best."""
    return _best_of(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=64)
def _best_of(wishes: str) -> str:
    found = parse_accept_header(wishes, LanguageAccept).best_match(ACCEPTED)
    return ACCEPTED[found] if found else DEFAULT_LOCALE


def spoken(sentence: str) -> str:
    """Tell a sentence in the language of this request; a text that is none stays as it is."""
    if not isinstance(sentence, Sentence):
        return sentence
    if sentence.plural is None:
        return str(words().ugettext(sentence.message) % sentence.values)
    one, many, count = sentence.message, sentence.plural, int(str(sentence.values["count"]))
    return str(words().ungettext(one, many, count) % sentence.values)


def money(amount: int, currency: str) -> str:
    """Write an amount of minor units as whoever reads this page writes it."""
    return format_money(amount, currency, language())


def currency_name(currency: str) -> str:
    """Name a currency for whoever reads this page, such as `USD US Dollar`."""
    return _currency_name(currency.upper(), language())


@cache
def _currency_name(code: str, locale: str) -> str:
    return f"{code} {get_currency_name(code, locale=locale)}"


def moment(at: datetime) -> str:
    """Write a date and a time as whoever reads this page writes them."""
    date, time = format_date(at, "long"), format_time(at, "HH:mm")
    return str(gettext("%(date)s, %(time)s UTC", date=date, time=time))


def words() -> NullTranslations:
    """Return the words of this request's language, looked up once."""
    if "words" not in g:
        g.words = catalogue(language())
    found: NullTranslations = g.words
    return found


@cache
def catalogue(locale: str) -> NullTranslations:
    """Return the words of a language: what its source says, fuzzy guesses left out."""
    if locale == DEFAULT_LOCALE:
        return NullTranslations()
    compiled = BytesIO()
    with catalogue_source(locale).open("rb") as source:
        write_mo(compiled, read_po(source, locale))
    compiled.seek(0)
    return Translations(compiled)


def catalogue_source(locale: str) -> Path:
    """Return the file in which people write a language's words."""
    return CATALOGUES / locale / "LC_MESSAGES" / "messages.po"


def tell_caches(response: Response) -> Response:
    """Tell caches that a page depends on the reader's language; the API says so for itself."""
    if response.mimetype == "text/html" and not is_below_api():
        response.vary.add("Accept-Language")
    return response
