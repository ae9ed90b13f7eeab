// @ts-check
// Calls that Stripe.js does not have. The type check must refuse every line that says so, and no other.
/** @import {StripeConstructor} from '@stripe/stripe-js' */
/** @import {SandboxConstructor} from '../../../stripe_sandbox/static/surface' */

/** @param {StripeConstructor} Stripe */
export async function pageOnStripe(Stripe) {
  const stripe = Stripe('pk_test_x');
  const elements = stripe.elements({clientSecret: 'pi_x_secret_x'});
  stripe.redirectToCheckout({sessionId: 'cs_test_x'}); // refused
  stripe.elements({clientSecret: 5}); // refused
  elements.create('payment').on('redy', () => undefined); // refused
  await stripe.confirmPayment({elements}); // refused
  const {paymentIntent} = await stripe.retrievePaymentIntent('pi_x_secret_x');
  return paymentIntent.status; // refused
}

/** @param {SandboxConstructor} Stripe */
export async function pageOnTheStandIn(Stripe) {
  const stripe = Stripe('pk_test_x');
  const elements = stripe.elements({clientSecret: 'pi_x_secret_x'});
  elements.create('card'); // refused
  elements.create('payment', {layout: 'carousel'}); // refused
  stripe.elements({mode: 'payment', currency: 'eur'}); // refused
  stripe.elements({mode: 'setup', currency: 'eur'}); // refused
  await stripe.confirmPayment({elements}); // refused
  await stripe.confirmCardPayment('pi_x_secret_x'); // refused
  const {error} = await stripe.confirmPayment({elements, redirect: 'if_required'});
  return error.message; // refused
}

/** @type {SandboxConstructor} */
export const brokenStandIn = () => ({}); // refused
