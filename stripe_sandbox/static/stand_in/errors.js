// @ts-check
/** @import {PaymentIntent, StripeError} from '@stripe/stripe-js' */

/** The page calls the stand-in wrongly: a mistake for its developer, not for the shopper. */
export class IntegrationError extends Error {
  name = 'IntegrationError';
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
