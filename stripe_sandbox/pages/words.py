"""What the pages say, in English and Traditional Chinese, and how they write amounts."""

import re
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale
from flask import request

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources.cards import CARDS
from stripe_sandbox.resources.currencies import THREE_DECIMAL, ZERO_DECIMAL

_LOCALES = {"en": Locale("en", "US"), "zh-TW": Locale("zh", "TW", script="Hant")}
_WORDS = {
    "sandbox": ("Stripe sandbox", "Stripe 沙盒"),
    "not_stripe": ("this is not Stripe, no money moves", "這不是 Stripe，不會動用任何款項"),
    "pay_title": ("Pay", "付款"),
    "back": ("Back", "返回"),
    "back_to": ("Back to", "返回"),
    "order": ("Your order", "您的訂單"),
    "total": ("Total", "總計"),
    "quantity": ("Qty", "數量"),
    "email": ("E-mail", "電子郵件"),
    "card": ("Card", "卡片"),
    "number": ("Card number", "卡號"),
    "expiry": ("Expiry (MM / YY)", "到期日（月 / 年）"),
    "cvc": ("Security code", "安全碼"),
    "test_cards": ("Pay with a test card", "使用測試卡付款"),
    "any_date": (
        "Any expiry in the future and any security code will do.",
        "任何未來的到期日與任何安全碼均可。",
    ),
    "pay": ("Pay {}", "支付 {}"),
    "paying": ("Paying…", "付款處理中…"),
    "paid_title": ("This order is paid", "此訂單已付款"),
    "paid": ("{} was paid. There is nothing left to do here.", "已支付 {}，無須再操作。"),
    "go_on": ("Go on to the shop", "前往商店"),
    "expired_title": ("This payment page has expired", "此付款頁面已過期"),
    "expired": (
        "It can't be paid any more, and nothing was charged. Start again from the shop.",
        "已無法在此付款，也未收取任何費用。請回到商店重新開始。",
    ),
    "unknown_title": ("There is nothing to pay here", "此處沒有待付款項"),
    "unknown": (
        "The sandbox knows no payment of this address. Was it reset in the meantime?",
        "沙盒中沒有此網址的付款。它可能已被重設。",
    ),
    "challenge_title": ("Is this really you?", "是您本人嗎？"),
    "challenge": (
        "Your bank would ask you here to approve the payment. In the sandbox, you decide.",
        "您的銀行會在此請您核准這筆付款。在沙盒中，由您決定結果。",
    ),
    "challenge_waiting": (
        "An earlier attempt is still waiting for 3-D Secure.",
        "先前的付款仍在等待 3-D Secure 驗證。",
    ),
    "challenge_continue": ("Continue it", "繼續驗證"),
    "complete": ("Complete", "完成驗證"),
    "fail": ("Fail", "驗證失敗"),
    "over_title": ("This check is over", "此驗證已結束"),
    "over": ("There is nothing left to approve.", "沒有需要核准的項目。"),
    "to_shop": ("Paid to", "付款給"),
    "amount": ("Amount", "金額"),
}
_PROBLEMS = {
    "incomplete_number": ("The card number is incomplete.", "卡號不完整。"),
    "invalid_number": ("The card number is not valid.", "卡號無效。"),
    "incorrect_number": ("The card number is not valid.", "卡號無效。"),
    "incomplete_expiry": ("The expiry date is incomplete.", "到期日不完整。"),
    "invalid_expiry_month": ("The expiry month is not valid.", "到期月份無效。"),
    "invalid_expiry_year": ("The expiry year is not valid.", "到期年份無效。"),
    "invalid_expiry_month_past": ("The expiry date is in the past.", "到期日已過。"),
    "invalid_expiry_year_past": ("The expiry year is in the past.", "到期年份已過。"),
    "incomplete_cvc": ("The security code is incomplete.", "安全碼不完整。"),
    "invalid_cvc": ("The security code is not valid.", "安全碼無效。"),
    "email_invalid": ("Enter an e-mail address.", "請輸入電子郵件地址。"),
    "api_connection_error": (
        "The Stripe sandbox does not answer. Check your connection and try again.",
        "Stripe 沙盒沒有回應。請檢查連線後再試。",
    ),
}
_TRANSLATIONS = {
    "card_declined": "卡片遭拒。",
    "expired_card": "卡片已過期。",
    "incorrect_cvc": "安全碼錯誤。",
    "insufficient_funds": "卡片遭拒：餘額不足。",
    "test_mode_live_card": "卡片遭拒：沙盒僅接受所列的測試卡。",
    "payment_intent_authentication_failure": "銀行未核准此付款。請重試或使用其他卡片。",
}
"""For the errors whose English is the API's own message."""
_BEHAVIOURS = {
    "succeed": ("Pays", "付款成功"),
    "declined": ("Is declined", "遭拒"),
    "insufficient_funds": ("Has insufficient funds", "餘額不足"),
    "expired": ("Has expired", "已過期"),
    "incorrect_cvc": ("Wrong security code", "安全碼錯誤"),
    "authenticate": ("Asks for 3-D Secure", "需要 3-D Secure"),
    "dispute": ("Pays, is disputed later", "付款後遭爭議"),
}


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card that the pages offer: its number as people write it, and its behaviour's name."""

    number: str
    behaviour: str

    @property
    def written(self) -> str:
        """The number in groups of four."""
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))


TEST_CARDS = [
    TestCard(next(card.number for card in CARDS if card.behaviour == behaviour), behaviour)
    for behaviour in dict.fromkeys(card.behaviour for card in CARDS)
]
"""For each behaviour the first card that has it."""


def language(locale: str | None) -> str:
    """Return the language of a page: the one that was set, else what the browser prefers."""
    if locale and locale != "auto":
        return "zh-TW" if locale.startswith("zh") else "en"
    preferred = request.accept_languages.best_match(["en", "zh-TW", "zh-Hant", "zh"], "en")
    return "zh-TW" if preferred.startswith("zh") else "en"


def words(speech: str) -> Json:
    """Return all wording in a language, for templates; `problems` and `behaviours` are tables."""
    place = list(_LOCALES).index(speech)
    said: Json = {name: both[place] for name, both in _WORDS.items()}
    said["language"] = speech
    said["problems"] = {code: both[place] for code, both in _PROBLEMS.items()}
    if speech != "en":
        said["problems"] |= _TRANSLATIONS
    said["behaviours"] = {name: both[place] for name, both in _BEHAVIOURS.items()}
    return said


def explained(error: Json | None, speech: str) -> str | None:
    """Return the sentence for a shopper; where we have no words, it is the API's message."""
    if error is None:
        return None
    problems = words(speech)["problems"]
    known = (error.get("decline_code"), error.get("code"))
    sentence = next((problems[code] for code in known if code in problems), error.get("message"))
    return str(sentence)


def amount_shown(amount: int, currency: str, speech: str) -> str:
    """Return an amount of minor units as people read it, with as many decimals as Stripe charges.

    Whole New Taiwan dollars are written without decimals, though Stripe counts in cents.
    """
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    value = Decimal(amount).scaleb(-decimals)
    if currency == "twd" and value == value.to_integral():
        decimals = 0
    pattern = copy(_LOCALES[speech].currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    shown = pattern.apply(value, _LOCALES[speech], currency=currency.upper(), currency_digits=False)
    return re.sub(r"(?<=[A-Z])(?=[0-9])", "\N{NO-BREAK SPACE}", shown)
