"""What the pages say, in English and Traditional Chinese."""

from flask import request

from stripe_sandbox.protocol.shapes import Json

LANGUAGES = ("en", "zh-TW")
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
    "pay_with": ("Pay with", "付款方式"),
    "card": ("Card", "卡片"),
    "sepa_debit": ("SEPA Direct Debit", "SEPA 直接扣款"),
    "ideal": ("iDEAL", "iDEAL"),
    "number": ("Card number", "卡號"),
    "expiry": ("Expiry (MM/YY)", "到期日（月/年）"),
    "cvc": ("Security code", "安全碼"),
    "iban": ("IBAN", "IBAN"),
    "name": ("Account holder’s name", "帳戶持有人姓名"),
    "mandate": (
        "You allow {} to debit this account. Your bank refunds a debit within eight weeks.",
        "您授權 {} 從此帳戶扣款。您可於八週內要求銀行退還款項。",
    ),
    "redirected": (
        "You will leave for {} to approve the payment, and come back.",
        "您將前往 {} 核准付款，完成後再返回。",
    ),
    "test_values_card": ("Pay with a test card", "使用測試卡付款"),
    "test_values_sepa_debit": ("Pay from a test account", "使用測試帳戶付款"),
    "any_date": (
        "Any expiry in the future and any security code will do.",
        "任何未來的到期日與任何安全碼均可。",
    ),
    "pay": ("Pay {}", "支付 {}"),
    "confirm": ("Complete the order", "完成訂單"),
    "paying": ("Paying…", "付款處理中…"),
    "paid_title": ("This order is paid", "此訂單已付款"),
    "paid": ("{} was paid. There is nothing left to do here.", "已支付 {}，無須再操作。"),
    "go_on": ("Go on to the shop", "前往商店"),
    "processing_title": ("This payment is on its way", "付款處理中"),
    "processing": (
        "The debit of {} was started. It takes some days; there is nothing left to do here.",
        "已開始扣款 {}，需要數日完成，無須再操作。",
    ),
    "failed_title": ("This payment failed", "付款失敗"),
    "failed": (
        "The debit of {} was refused, and nothing was charged. Start again from the shop.",
        "{} 的扣款遭拒，未收取任何費用。請回到商店重新開始。",
    ),
    "canceled_title": ("This payment was canceled", "付款已取消"),
    "canceled": (
        "{} can't be paid here any more, and nothing was charged. Start again from the shop.",
        "已無法在此支付 {}，也未收取任何費用。請回到商店重新開始。",
    ),
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
    "authorise_title": ("Approve this payment?", "核准這筆付款？"),
    "authorise": (
        "Your bank’s own page would be here. In the sandbox, you decide.",
        "此處原為您銀行的頁面。在沙盒中，由您決定結果。",
    ),
    "approve": ("Authorize the test payment", "核准測試付款"),
    "refuse": ("Fail the test payment", "使測試付款失敗"),
    "redirect_waiting": (
        "An earlier attempt is still waiting to be approved.",
        "先前的付款仍在等待核准。",
    ),
    "over_title": ("This check is over", "此驗證已結束"),
    "over": ("There is nothing left to approve.", "沒有需要核准的項目。"),
    "over_back": (
        "Go back to the shop: its page knows what became of the payment.",
        "請回到商店頁面查看付款結果。",
    ),
    "receipt": ("Receipt", "收據"),
    "date": ("Date", "日期"),
    "paid_with": ("Paid with", "付款方式"),
    "description": ("Description", "說明"),
    "refunded": ("Refunded", "已退款"),
    "reference": ("Reference", "參考編號"),
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
    "incomplete_iban": ("The IBAN is incomplete.", "IBAN 不完整。"),
    "invalid_iban": ("The IBAN is not valid.", "IBAN 無效。"),
    "invalid_bank_account_iban": ("The IBAN is not valid.", "IBAN 無效。"),
    "invalid_iban_country_code": (
        "This country has no SEPA Direct Debit.",
        "此國家不支援 SEPA 直接扣款。",
    ),
    "incomplete_name": ("Enter the account holder’s name.", "請輸入帳戶持有人姓名。"),
    "incomplete_email": ("Enter an e-mail address.", "請輸入電子郵件地址。"),
    "incomplete_payment_details": ("Choose a way to pay.", "請選擇付款方式。"),
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
    "lost_card": ("Is declined as lost", "遭拒：遺失"),
    "stolen_card": ("Is declined as stolen", "遭拒：遭竊"),
    "velocity_exceeded": ("Is declined as used too often", "遭拒：使用過於頻繁"),
    "processing_error": ("Fails at the bank", "銀行處理錯誤"),
    "authenticate_and_decline": ("Asks for 3-D Secure, is declined", "需要 3-D Secure，之後遭拒"),
    "authenticate_if_asked": (
        "Asks for 3-D Secure where the shop requests it",
        "商店要求時才需要 3-D Secure",
    ),
    "authenticate_and_lack_funds": (
        "Asks for 3-D Secure, has no money",
        "需要 3-D Secure，之後餘額不足",
    ),
    "available_at_once": ("Pays, the money is available at once", "付款後款項立即可用"),
    "blocked": ("Is blocked as too risky", "因風險過高遭攔截"),
    "cvc_check_fails": ("Pays, the security code is wrong", "付款成功，安全碼不符"),
    "elevated_risk": ("Pays, at an elevated risk", "付款成功，風險偏高"),
    "dispute": ("Pays, is disputed later", "付款後遭爭議"),
    "dispute_not_received": ("Pays, is disputed as not received", "付款後遭爭議：未收到商品"),
    "dispute_inquiry": ("Pays, is inquired about later", "付款後遭查詢"),
    "refund_pending": ("Pays, a refund takes its time", "付款成功，退款需要時間"),
    "refund_fails": ("Pays, a refund fails", "付款成功，退款失敗"),
    "debit_succeed": ("Pays later", "稍後付款成功"),
    "debit_succeed_slowly": ("Pays three minutes later", "三分鐘後付款成功"),
    "debit_fail": ("Fails later", "稍後扣款失敗"),
    "debit_insufficient_funds": ("Lacks funds, fails later", "餘額不足，稍後失敗"),
    "debit_exceeds_source_limit": (
        "Exceeds an amount, fails later",
        "超過每週金額，稍後失敗",
    ),
    "debit_exceeds_weekly_limit": ("Exceeds a count, fails later", "超過每週次數，稍後失敗"),
    "debit_fail_slowly": ("Fails three minutes later", "三分鐘後扣款失敗"),
    "debit_dispute": ("Pays later, is disputed", "稍後付款成功，之後遭爭議"),
}


def language(locale: str | None) -> str:
    """Return the language of a page: the one that was set, else what the browser prefers."""
    if locale and locale != "auto":
        return "zh-TW" if locale.startswith("zh") else "en"
    preferred = request.accept_languages.best_match(["en", "zh-TW", "zh-Hant", "zh"], "en")
    return "zh-TW" if preferred.startswith("zh") else "en"


def words(speech: str) -> Json:
    """Return all wording in a language, for templates; `problems` and `behaviours` are tables."""
    place = LANGUAGES.index(speech)
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
