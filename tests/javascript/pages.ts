/**
 * A page's whole life with Stripe.js, written once and checked against both: Stripe's own types and
 * the stand-in's. Never run; `tsc` reads it.
 */
import type {StripeConstructor} from '@stripe/stripe-js';
import type {SandboxConstructor} from '../../stripe_sandbox/static/surface';

export async function withStripe(Stripe: StripeConstructor, clientSecret: string): Promise<string> {
  const stripe = Stripe('pk_test_x', {locale: 'zh-TW'});
  const elements = stripe.elements({clientSecret, loader: 'auto', appearance: {theme: 'night'}});
  const element = elements.create('payment', {layout: 'tabs'});
  element.on('ready', ({elementType}) => elementType).on('loaderror', ({error}) => error.message);
  element.mount('#card');
  const {error: incomplete} = await elements.submit();
  const confirmParams = {return_url: 'https://shop.example/return'};
  const {error} = await stripe.confirmPayment({elements, clientSecret, confirmParams});
  const result = await stripe.confirmPayment({elements, redirect: 'if_required'});
  const {paymentIntent} = await stripe.retrievePaymentIntent(clientSecret);
  await stripe.handleNextAction({clientSecret});
  return [incomplete?.code, error.decline_code, result.paymentIntent?.status, paymentIntent?.id].join();
}

export async function withStandIn(Stripe: SandboxConstructor, clientSecret: string): Promise<string> {
  const stripe = Stripe('pk_test_x', {locale: 'zh-TW'});
  const elements = stripe.elements({clientSecret, loader: 'auto', appearance: {theme: 'night'}});
  const element = elements.create('payment', {layout: 'tabs'});
  element.on('ready', ({elementType}) => elementType).on('loaderror', ({error}) => error.message);
  element.mount('#card');
  const {error: incomplete} = await elements.submit();
  const confirmParams = {return_url: 'https://shop.example/return'};
  const {error} = await stripe.confirmPayment({elements, clientSecret, confirmParams});
  const result = await stripe.confirmPayment({elements, redirect: 'if_required'});
  const {paymentIntent} = await stripe.retrievePaymentIntent(clientSecret);
  await stripe.handleNextAction({clientSecret});
  return [incomplete?.code, error.decline_code, result.paymentIntent?.status, paymentIntent?.id].join();
}
