"""Faults that somebody could make by mistake: where, and the test that must turn red.

A fault is a text in a file and what stands there instead; a text that is gone fails a test.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One fault: `old` becomes `new` in `path`, and `test` must fail. `name` says what is broken."""

    name: str
    path: str
    old: str
    new: str
    test: str


MUTANTS = (
    Mutant(
        "NC-1: an event that came before is applied again",
        "storefront/events.py",
        "return connection.execute(statement, row).scalar() is not None",
        "return connection.execute(statement, row).scalar() is not None or True",
        "tests/webhooks/test_repeated.py::test_the_same_event_twice_has_its_effects_once",
    ),
    Mutant(
        "NC-2: every try to create an attempt has another idempotency key",
        "storefront/gateway.py",
        '{"idempotency_key": f"{attempt.payment_id}:create"}',
        '{"idempotency_key": f"{attempt.payment_id}:{time.time()}:create"}',
        "tests/checkout/test_stripe_faults.py::test_a_killed_process_leaves_an_attempt_that_goes_on",
    ),
    Mutant(
        "NC-3: the last word counts",
        "storefront/lifecycle.py",
        "return max(known, heard, key=lambda evidence: evidence.weight)",
        "return heard",
        "tests/webhooks/test_late.py::test_a_late_decline_does_not_unpay_the_order",
    ),
    Mutant(
        "NC-4: the last word about a refund counts",
        "storefront/refund_reports.py",
        "if report.status.rank > RefundStatus(known.status).rank:",
        "if report.status is not RefundStatus(known.status):",
        "tests/refunds/test_refunds.py::test_a_refund_that_failed_stays_failed_however_it_is_told",
    ),
    Mutant(
        "NC-4: a refund that is known before its payment is forgotten",
        "storefront/decisions.py",
        'changes["amount_refunded"] = min(payment.amount_refunded, received)',
        'changes["amount_refunded"] = 0',
        "tests/refunds/test_refunds.py::test_a_refund_is_known_before_its_payment",
    ),
    Mutant(
        "NC-5: stock is taken without a look at how much there is",
        "storefront/catalog.py",
        ".where(Product.id == product_id, Product.stock >= quantity)",
        ".where(Product.id == product_id)",
        "tests/checkout/test_at_once.py::test_the_last_one_goes_to_one_of_two_shoppers",
    ),
    Mutant(
        "NC-6: a transaction that writes begins like one that reads",
        "storefront/db.py",
        '"BEGIN IMMEDIATE" if _is_writing.get() else "BEGIN"',
        '"BEGIN"',
        "tests/webhooks/test_at_once.py::test_of_eight_deliveries_at_once_one_is_applied",
    ),
    Mutant(
        "NC-7: any amount pays an order",
        "storefront/lifecycle.py",
        "if received[0] != due[0]:",
        "if received[0] < 0:",
        "tests/webhooks/test_amounts.py::test_another_amount_does_not_pay_the_order",
    ),
    Mutant(
        "NC-7: any currency pays an order",
        "storefront/lifecycle.py",
        "if received[1] != due[1]:",
        "if not received[1]:",
        "tests/webhooks/test_amounts.py::test_another_currency_does_not_pay_the_order",
    ),
    Mutant(
        "NC-8: Stripe may be called inside a transaction",
        "storefront/gateway.py",
        "if is_in_transaction():",
        "if False:",
        "tests/foundation/test_db.py::test_stripe_is_not_called_inside_a_transaction",
    ),
    Mutant(
        "E1: the event's row is committed without its effects",
        "storefront/events.py",
        "    elif _insert(session, event, payload, decision):\n",
        "    elif _insert(session, event, payload, decision):\n        session.commit()\n",
        "tests/webhooks/test_crashes.py::test_a_failure_at_any_write_leaves_nothing_and_redelivery_completes",
    ),
    Mutant(
        "E3: nobody looks at the signature",
        "storefront/gateway.py",
        'raise InvalidSignature("No signature matches a configured webhook secret.")',
        "pass",
        "tests/webhooks/test_forged.py::test_a_forged_delivery_is_refused_and_leaves_no_trace",
    ),
    Mutant(
        "WH-18: a signature never gets old",
        "storefront/gateway.py",
        "SIGNATURE_TOLERANCE = 300",
        "SIGNATURE_TOLERANCE = 10**9",
        "tests/webhooks/test_forged.py::test_a_signature_is_good_for_five_minutes_in_both_directions",
    ),
    Mutant(
        "WH-19: a signature from the future is good",
        "storefront/gateway.py",
        "if abs(now - int(signed_at[1])) > SIGNATURE_TOLERANCE:",
        "if now - int(signed_at[1]) > SIGNATURE_TOLERANCE:",
        "tests/webhooks/test_forged.py::test_a_signature_is_good_for_five_minutes_in_both_directions",
    ),
    Mutant(
        "WH-15: metadata is believed against what is stored",
        "storefront/binding.py",
        "return Unbound.MISMATCH if _contradicts(payment, named) else payment",
        "return payment",
        "tests/webhooks/test_about_someone_else.py::test_the_stored_pair_decides_whom_an_event_is_about",
    ),
    Mutant(
        "WH-16: live and test events are one",
        "storefront/events.py",
        "    if event.is_live != settings().is_live:\n        return Decision(Outcome.MODE_MISMATCH)\n",
        "",
        "tests/webhooks/test_about_someone_else.py::test_the_event_of_the_other_mode_changes_nothing",
    ),
    Mutant(
        "WH-17: the events of another account are ours",
        "storefront/events.py",
        "if event.account is not None:",
        'if event.account == "":',
        "tests/webhooks/test_about_someone_else.py::test_the_event_of_another_account_is_foreign",
    ),
    Mutant(
        "WH-10: what was parked stays parked",
        "storefront/events.py",
        "if not (decision.payment and decision.has_parked):",
        "if True:",
        "tests/webhooks/test_about_someone_else.py::test_a_parked_event_is_applied_when_its_order_appears",
    ),
    Mutant(
        "WH-08: a session that is complete is paid",
        "storefront/evidence.py",
        "verdict = Verdict.SESSION_UNPAID if _is_unpaid(snapshot) else Verdict.SUCCEEDED",
        "verdict = Verdict.SUCCEEDED",
        "tests/checkout/test_bank_debits.py::test_a_debit_is_processing_for_days_and_paid_in_the_end",
    ),
    Mutant(
        "A2: a client_secret is stored with its event",
        "storefront/events.py",
        "done = _record_and_apply(event, without_client_secrets(body))",
        "done = _record_and_apply(event, body.decode())",
        "tests/webhooks/test_secrets_in_events.py::test_no_event_is_kept_with_a_secret",
    ),
    Mutant(
        "E5: the history of an order is changed without a compare-and-set",
        "storefront/transitions.py",
        '_orders.c.version == bindparam("as_read")',
        '_orders.c.version <= bindparam("as_read") + 9',
        "tests/checkout/test_at_once.py::test_two_cancellations_at_once_release_the_stock_once",
    ),
    Mutant(
        "M6: the other flow starts while the first goes on",
        "storefront/checkout.py",
        "    if payment.flow != flow or terms_of(payment) != terms:\n        retire(payment)\n",
        "    if payment.flow != flow or terms_of(payment) != terms:\n",
        "tests/checkout/test_two_tabs.py::test_starting_checkout_cancels_the_card_form",
    ),
    Mutant(
        "SH-09: late money pays for goods that were sold to somebody else",
        "storefront/payments.py",
        "if means is Settlement.PAID_LATE and not catalog.take_again(session, payment.order_id):",
        "if means is None:",
        "tests/checkout/test_upkeep.py::test_a_payment_after_the_expiry_goes_back_if_the_goods_are_sold",
    ),
    Mutant(
        "SH-10: money for a cancelled order is kept",
        "storefront/lifecycle.py",
        "            Settlement.PAID_AFTER_CANCEL,\n",
        "",
        "tests/webhooks/test_money_that_does_not_fit.py"
        "::test_the_money_for_a_cancelled_order_goes_back_and_the_page_says_so",
    ),
    Mutant(
        "SH-04: a second payment settles a paid order again",
        "storefront/lifecycle.py",
        "    if order.settled_by:\n        return Settlement.PAID_TWICE\n",
        "",
        "tests/checkout/test_two_tabs.py::test_an_order_captured_twice_is_paid_once",
    ),
    Mutant(
        "S2: an order that closes keeps its stock",
        "storefront/checkout.py",
        "    catalog.put_back(session, order_id)\n",
        "",
        "tests/checkout/test_changed_carts.py::test_every_release_and_every_hold_adds_up",
    ),
    Mutant(
        "SH-05: an order expires without a word to Stripe",
        "storefront/checkout.py",
        "        if payment := live_payment(order_id):\n            retire(payment)\n",
        "",
        "tests/checkout/test_upkeep.py::test_an_order_whose_hold_is_over_can_no_longer_be_paid",
    ),
    Mutant(
        "CR-03: an attempt of yesterday is made once more",
        "storefront/attempts.py",
        "if clock.now() - payment.created_at < KEY_LIFETIME:",
        "if payment.created_at:",
        "tests/reconcile/test_open_payments.py"
        "::test_a_shopper_who_comes_back_a_day_later_finds_the_same_object",
    ),
    Mutant(
        "RF-04: what is promised isn't reserved",
        "storefront/refunds.py",
        "left = row.amount_received - _claimed(session, payment_id)",
        "left = row.amount_received - row.amount_refunded",
        "tests/refunds/test_refunds.py::test_two_operators_at_once_give_back_no_more_than_there_is",
    ),
    Mutant(
        "RF-05: a second try doesn't look for what the first one made",
        "storefront/errands.py",
        "made = _already_made(intent_id, refund_id) if call.attempts else None",
        "made = None",
        "tests/refunds/test_refunds.py::test_a_refund_that_was_heard_and_not_answered_is_made_once",
    ),
    Mutant(
        "RF-05: two workers take the same call",
        "storefront/outbox.py",
        ".values(attempts=call.attempts + 1, next_try_at=now + wait)",
        ".values(attempts=call.attempts + 1)",
        "tests/checkout/test_outbox.py::test_a_call_under_way_is_not_made_by_a_second_worker",
    ),
    Mutant(
        "RF-06: money that isn't here can be given back",
        "storefront/refunds.py",
        "if row.status != PaymentStatus.SUCCEEDED:",
        "if row.status == PaymentStatus.CANCELED:",
        "tests/refunds/test_refunds.py::test_only_money_that_is_here_can_be_given_back",
    ),
    Mutant(
        "RF-08: a refund in the Dashboard is nobody's business",
        "storefront/refund_reports.py",
        "        open_attention(session, EXTERNAL_REFUND, **about)\n",
        "        pass\n",
        "tests/refunds/test_refunds.py::test_a_refund_in_the_dashboard_is_recorded_and_flagged",
    ),
    Mutant(
        "RF-09: a refund that failed has gone back all the same",
        "storefront/lifecycle.py",
        "return self in {RefundStatus.CANCELED, RefundStatus.FAILED}",
        "return self in {RefundStatus.CANCELED}",
        "tests/refunds/test_refunds.py"
        "::test_a_refund_that_fails_leaves_the_order_paid_and_asks_for_a_human",
    ),
    Mutant(
        "RF-11: an old report opens a dispute again",
        "storefront/disputes.py",
        "    if any(report.weight <= weight for weight in weights):\n        return {}\n",
        "",
        "tests/refunds/test_disputes.py::test_a_dispute_ends_the_same_however_it_is_told",
    ),
    Mutant(
        "WH-05: a refunded charge doesn't lead to its refunds",
        "storefront/events.py",
        "    CHARGE_REFUNDED: Subject(_decide_payment, _advance_refunded_charge),\n",
        "",
        "tests/refunds/test_refunds.py::test_a_refunded_charge_brings_its_refunds_in",
    ),
    Mutant(
        "WH-32: what is older than the cursor and came late to the list is missed",
        "storefront/catching_up.py",
        "OVERLAP = 5 * 60",
        "OVERLAP = -5 * 60",
        "tests/reconcile/test_missed_events.py"
        "::test_what_stripe_could_not_deliver_is_found_behind_the_cursor",
    ),
    Mutant(
        "I1: another body under the same key gets the first one's answer",
        "storefront/answers.py",
        "if found.fingerprint != fingerprint:",
        "if not found.fingerprint:",
        "tests/api/test_idempotency.py::test_another_body_under_the_same_key_is_refused_without_effect",
    ),
    Mutant(
        "A1: an order is shown to whoever asks",
        "storefront/views/visitor.py",
        "return order if order and order.owner == visitor() else None",
        "return order",
        "tests/security/test_ownership.py"
        "::test_somebody_elses_order_is_as_absent_as_one_that_never_was",
    ),
    Mutant(
        "AP-05: a revoked key still opens",
        "storefront/api_keys.py",
        "if row.revoked_at or (row.expires_at and row.expires_at <= now):",
        "if row.expires_at and row.expires_at <= now:",
        "tests/api/test_credentials.py::test_a_key_is_revoked_with_the_next_request",
    ),
    Mutant(
        "ST-11: nobody notices that Stripe is away",
        "storefront/breaker.py",
        "is_too_much = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW",
        "is_too_much = False",
        "tests/foundation/test_breaker.py::test_five_failures_within_ten_seconds_open_it",
    ),
)
