// @ts-check
/** @import {ConfirmPaymentData, PaymentIntent, StripeElementsOptionsClientSecret} from '@stripe/stripe-js' */
/** @import {SandboxConstructor, SandboxElements} from '../surface' */
import {Api} from './api.js';
import {Group} from './elements.js';
import {IntegrationError} from './errors.js';

/**
 * @typedef {{
 *   elements?: SandboxElements,
 *   clientSecret?: string,
 *   confirmParams?: Partial<ConfirmPaymentData>,
 *   redirect?: 'always' | 'if_required',
 * }} Confirmation
 */

/** @type {Record<string, string>} */
const REDIRECT_STATUS = {
  succeeded: 'succeeded',
  requires_capture: 'succeeded',
  processing: 'pending',
};

/** @type {SandboxConstructor} */
const Stripe = (publishableKey, options = {}) => {
  checkKey(publishableKey);
  const api = new Api(publishableKey);
  /** The page holds faces; what lies behind one is ours. @type {WeakMap<SandboxElements, Group>} */
  const groups = new WeakMap();

  /** @param {StripeElementsOptionsClientSecret} [given] */
  function elements(given = {}) {
    const group = new Group(api, publishableKey, {locale: asLocale(options.locale), ...given});
    const face = group.face();
    groups.set(face, group);
    return face;
  }

  /** @param {Confirmation} given @returns {Promise<any>} */
  async function confirmPayment({elements: face, clientSecret, confirmParams = {}, redirect}) {
    const group = face && groups.get(face);
    const secret = clientSecret ?? group?.clientSecret;
    if (!secret) throw new IntegrationError('confirmPayment needs `elements` or `clientSecret`.');
    if (redirect !== 'if_required' && !confirmParams.return_url) {
      throw new IntegrationError('confirmPayment needs `confirmParams.return_url`.');
    }
    const returnUrl = new URL(confirmParams.return_url ?? location.href, location.href).href;
    const params = {...confirmParams, return_url: returnUrl};
    const answer = await (group ? group.confirm(secret, params) : api.confirm(secret, params));
    if (!answer.paymentIntent) return {error: answer.error};
    return settled(answer.paymentIntent, redirect === 'if_required' ? null : returnUrl);
  }

  /** @param {{clientSecret: string} | {hashedValue: string}} given @returns {Promise<any>} */
  async function handleNextAction(given) {
    const answer = await api.retrieve('clientSecret' in given ? given.clientSecret : '');
    if (!answer.paymentIntent) return answer;
    if (answer.paymentIntent.status !== 'requires_action') {
      throw new IntegrationError('handleNextAction: the PaymentIntent is not in requires_action.');
    }
    return settled(answer.paymentIntent, null);
  }

  return {
    elements,
    confirmPayment,
    handleNextAction,
    retrievePaymentIntent: (secret) =>
      /** @type {Promise<import('@stripe/stripe-js').PaymentIntentResult>} */ (api.retrieve(secret)),
    registerAppInfo: () => undefined,
  };
};

/** Follows what an intent asks for next: a challenge, the way back, or nothing.
 * @param {PaymentIntent} intent @param {string | null} returnUrl */
function settled(intent, returnUrl) {
  if (intent.status === 'requires_action') {
    const {redirect_to_url: redirect, use_stripe_sdk: sdk} = intent.next_action ?? {};
    const challenge = /** @type {{stripe_js?: string} | undefined} */ (sdk)?.stripe_js;
    return leaveFor(redirect?.url ?? challenge ?? '');
  }
  return returnUrl ? leaveFor(withOutcome(returnUrl, intent)) : {paymentIntent: intent};
}

/** @param {string} url @returns {Promise<never>} */
function leaveFor(url) {
  location.assign(url);
  return new Promise(() => {});
}

/** @param {string} returnUrl @param {PaymentIntent} intent */
function withOutcome(returnUrl, intent) {
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', intent.id);
  url.searchParams.set('payment_intent_client_secret', intent.client_secret ?? '');
  url.searchParams.set('redirect_status', REDIRECT_STATUS[intent.status] ?? 'failed');
  return url.href;
}

/** @param {string} key */
function checkKey(key) {
  if (/^(sk|rk)_/.test(key)) {
    throw new IntegrationError(
      'Stripe() takes the publishable key (pk_test_…). This is a secret key: never send it to a browser.',
    );
  }
  if (!/^pk_test_\w+$/.test(key)) {
    throw new IntegrationError('The Stripe sandbox takes publishable test keys only: pk_test_….');
  }
}

/** @param {string | undefined} locale @returns {StripeElementsOptionsClientSecret['locale']} */
function asLocale(locale) {
  return /** @type {StripeElementsOptionsClientSecret['locale']} */ (locale ?? 'auto');
}

Object.assign(window, {Stripe});
