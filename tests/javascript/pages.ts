/**
 * A page's whole life with Stripe.js, written once and checked against both: Stripe's own types and
 * the stand-in's. Never run; `tsc` reads it.
 */
import type {Appearance, StripeConstructor, StripePaymentElementOptions} from '@stripe/stripe-js';
import type {SandboxConstructor} from '../../stripe_sandbox/static/surface';

const appearance: Appearance = {
  theme: 'night',
  variables: {colorPrimary: '#abc', spacingUnit: '4px'},
  rules: {'.Input': {borderWidth: '2px'}},
};
const options: StripePaymentElementOptions = {
  layout: {type: 'accordion', defaultCollapsed: true},
  defaultValues: {billingDetails: {name: 'Ada', email: 'ada@shop.example'}},
  fields: {billingDetails: {email: 'never'}},
  paymentMethodOrder: ['sepa_debit', 'card'],
  terms: {sepaDebit: 'never'},
  business: {name: 'Tea & Co'},
};

export async function withStripe(Stripe: StripeConstructor, clientSecret: string): Promise<string> {
  const stripe = Stripe('pk_test_x', {locale: 'zh-TW'});
  const elements = stripe.elements({clientSecret, loader: 'auto', appearance});
  const element = elements.create('payment', options);
  element.on('ready', ({elementType}) => elementType).on('loaderror', ({error}) => error.message);
  element.on('change', ({complete, collapsed, value: {type}}) => [complete, collapsed, type]);
  element.mount('#card');
  element.update({readOnly: true, layout: 'accordion'}).collapse().clear();
  elements.on('update-end', () => elements.getElement('payment')?.focus());
  await elements.update({locale: 'en', appearance: {theme: 'flat'}});
  const {error: stale} = await elements.fetchUpdates();
  const {error: incomplete, selectedPaymentMethod} = await elements.submit();
  const confirmParams = {return_url: 'https://shop.example/return'};
  const {error} = await stripe.confirmPayment({elements, clientSecret, confirmParams});
  const result = await stripe.confirmPayment({elements, redirect: 'if_required'});
  const {paymentIntent} = await stripe.retrievePaymentIntent(clientSecret);
  await stripe.handleNextAction({clientSecret});
  const later = stripe.elements({mode: 'payment', amount: 1000, currency: 'eur'});
  await stripe.confirmPayment({elements: later, clientSecret, redirect: 'if_required'});
  const told = [stale?.message, incomplete?.code, selectedPaymentMethod, error.decline_code];
  return [...told, result.paymentIntent?.status, paymentIntent?.id].join();
}

export async function withStandIn(Stripe: SandboxConstructor, clientSecret: string): Promise<string> {
  const stripe = Stripe('pk_test_x', {locale: 'zh-TW'});
  const elements = stripe.elements({clientSecret, loader: 'auto', appearance});
  const element = elements.create('payment', options);
  element.on('ready', ({elementType}) => elementType).on('loaderror', ({error}) => error.message);
  element.on('change', ({complete, collapsed, value: {type}}) => [complete, collapsed, type]);
  element.mount('#card');
  element.update({readOnly: true, layout: 'accordion'}).collapse().clear();
  elements.on('update-end', () => elements.getElement('payment')?.focus());
  await elements.update({locale: 'en', appearance: {theme: 'flat'}});
  const {error: stale} = await elements.fetchUpdates();
  const {error: incomplete, selectedPaymentMethod} = await elements.submit();
  const confirmParams = {return_url: 'https://shop.example/return'};
  const {error} = await stripe.confirmPayment({elements, clientSecret, confirmParams});
  const result = await stripe.confirmPayment({elements, redirect: 'if_required'});
  const {paymentIntent} = await stripe.retrievePaymentIntent(clientSecret);
  await stripe.handleNextAction({clientSecret});
  const later = stripe.elements({mode: 'payment', amount: 1000, currency: 'eur'});
  await stripe.confirmPayment({elements: later, clientSecret, redirect: 'if_required'});
  const told = [stale?.message, incomplete?.code, selectedPaymentMethod, error.decline_code];
  return [...told, result.paymentIntent?.status, paymentIntent?.id].join();
}
