// @ts-check
/** @import {ConfirmPaymentData, PaymentIntent, StripeElementLocale} from '@stripe/stripe-js' */
/** @import {SandboxConstructor, SandboxElements, SandboxElementsOptions} from '../surface' */
import {Api} from './api.js';
import {canStay, challenge} from './challenge.js';
import {Group} from './elements.js';
import {IntegrationError, namingWhatItLacks, notAuthenticated} from './errors.js';

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

  /** @param {SandboxElementsOptions} [given] */
  function elements(given = {}) {
    const locale = /** @type {StripeElementLocale} */ (options.locale ?? 'auto');
    const group = new Group(api, publishableKey, {locale, ...given});
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
    const {return_url: given} = confirmParams;
    const returnUrl = given ? new URL(given, location.href).href : undefined;
    const params = {...confirmParams, return_url: returnUrl};
    const answer = await (group ? group.confirm(secret, params) : api.confirm(secret, params));
    if (!answer.paymentIntent) return {error: answer.error};
    if (redirect === 'if_required') return acted(answer.paymentIntent);
    return settled(answer.paymentIntent, returnUrl);
  }

  /** @param {{clientSecret: string} | {hashedValue: string}} given @returns {Promise<any>} */
  async function handleNextAction(given) {
    const answer = await api.retrieve('clientSecret' in given ? given.clientSecret : '');
    if (!answer.paymentIntent) return answer;
    if (answer.paymentIntent.status !== 'requires_action') {
      throw new IntegrationError('handleNextAction: the PaymentIntent is not in requires_action.');
    }
    return acted(answer.paymentIntent);
  }

  /** Does what an intent asks for next: over this page where it can be, else on the sandbox's.
   * @param {PaymentIntent} intent */
  async function acted(intent) {
    const url = intent.status === 'requires_action' ? nextPage(intent) : '';
    if (!url) return {paymentIntent: intent};
    if (!canStay(url)) return leaveFor(url);
    await challenge(url);
    const answer = await api.retrieve(intent.client_secret ?? '');
    if (answer.paymentIntent?.status !== 'requires_payment_method') return answer;
    return {error: notAuthenticated(answer.paymentIntent)};
  }

  return namingWhatItLacks({
    elements,
    confirmPayment,
    handleNextAction,
    retrievePaymentIntent: (secret) =>
      /** @type {Promise<import('@stripe/stripe-js').PaymentIntentResult>} */ (api.retrieve(secret)),
    registerAppInfo: () => undefined,
  });
};

/** Leaves the page: for what the intent asks for, or else for the shop's.
 * @param {PaymentIntent} intent @param {string | undefined} returnUrl */
function settled(intent, returnUrl = '') {
  const isWaiting = intent.status === 'requires_action';
  return leaveFor(isWaiting ? nextPage(intent) : withOutcome(returnUrl, intent));
}

/** Returns the sandbox's page on which the shopper has to do something.
 * @param {PaymentIntent} intent */
function nextPage({next_action: action}) {
  const sdk = /** @type {{stripe_js?: string} | undefined} */ (action?.use_stripe_sdk);
  return action?.redirect_to_url?.url ?? sdk?.stripe_js ?? '';
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

Object.assign(window, {Stripe});
