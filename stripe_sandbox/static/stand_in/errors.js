// @ts-check
/** @import {PaymentIntent, StripeError} from '@stripe/stripe-js' */

/** The page calls the stand-in wrongly: a mistake for its developer, not for the shopper. */
export class IntegrationError extends Error {
  name = 'IntegrationError';
}

const CALLS = /^(collect|confirm|create|handle|init|payment|process|retrieve|verify)[A-Z]/;

/** Returns the same object; to call what Stripe.js may have and this lacks is a mistake that says so.
 * @template {object} T @param {T} face @returns {T} */
export function namingWhatItLacks(face) {
  return new Proxy(face, {
    get(target, name, receiver) {
      if (name in target || !CALLS.test(String(name))) return Reflect.get(target, name, receiver);
      return () => {
        throw new IntegrationError(`The sandbox's stand-in for Stripe.js has no ${String(name)}().`);
      };
    },
  });
}

/** @param {PaymentIntent} intent @returns {StripeError} */
export function finished(intent) {
  return {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `This PaymentIntent is ${intent.status}: there is nothing left to pay with an Element.`,
    payment_intent: intent,
  };
}

/** @returns {StripeError} */
export function unreachable() {
  return {
    type: 'api_connection_error',
    message: 'The Stripe sandbox does not answer. Check your connection and try again.',
  };
}

/** @returns {StripeError} */
export function nothingToPayWith() {
  return {
    type: 'invalid_request_error',
    message: 'The Stripe sandbox can take none of the payment method types of this payment.',
  };
}

/** What an authentication that failed leaves behind. @param {PaymentIntent} intent
 * @returns {StripeError} */
export function notAuthenticated(intent) {
  const {type = 'invalid_request_error', ...kept} = intent.last_payment_error ?? {};
  const error = /** @type {StripeError} */ ({...kept, type});
  return {...error, payment_intent: intent};
}
