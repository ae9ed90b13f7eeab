// @ts-check
/** @import {ConfirmPaymentData, StripeError, StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {Fields} from './fields.js' */
/** @import {FrameAnswer} from './surface' */
import {wordsFor} from './fields.js';

/**
 * Pays with what is in the fields. It goes to the sandbox, and nowhere else.
 * @param {{key: string, clientSecret: string, type: string, form: Fields,
 *   options: StripePaymentElementOptions, params: Partial<ConfirmPaymentData>}} what
 * @returns {Promise<FrameAnswer>}
 */
export async function confirm({key, clientSecret, type, form, options, params}) {
  const given = params.payment_method_data ?? {};
  const billing = {...options.defaultValues?.billingDetails, ...given.billing_details, ...collected(form)};
  const misuse = whatThePageLeftOut(type, form, given.billing_details ?? {}, params);
  if (misuse) return {misuse};
  const method = {[type]: form.method.parameters(form.values)};
  const answer = await post(`/v1/payment_intents/${clientSecret.split('_secret_')[0]}/confirm`, {
    ...(type === 'sepa_debit' ? {mandate_data: mandate()} : {}),
    ...params,
    key,
    client_secret: clientSecret,
    payment_method_data: {...given, type, ...method, billing_details: billing},
  });
  return answer.error ? {error: explained(form, answer.error)} : answer;
}

/** The billing details that the shopper filled in; they go before those of the page.
 * @param {Fields} form */
function collected(form) {
  const inputs = form.asked.filter((input) => input.closest('[data-billing]'));
  return Object.fromEntries(inputs.map(({name, value}) => [name, value.trim()]));
}

/** Says what the page has to give because of its own options, in the words for its developer.
 * @param {string} type @param {Fields} form @param {object} details
 * @param {Partial<ConfirmPaymentData>} params */
function whatThePageLeftOut(type, form, details, params) {
  const hidden = form.all.filter((input) => !form.asked.includes(input)).map(({name}) => name);
  const lacking = hidden.find((name) => !Object.hasOwn(details, name));
  if (lacking) {
    return (
      `You set fields.billingDetails.${lacking} to "never", so pass ` +
      `confirmParams.payment_method_data.billing_details.${lacking} to confirmPayment.`
    );
  }
  const leaves = form.all.length === 0;
  return leaves && !params.return_url ? `confirmPayment needs confirmParams.return_url for ${type}.` : '';
}

function mandate() {
  return {customer_acceptance: {type: 'online', online: {user_agent: navigator.userAgent}}};
}

/** Marks the field that the API blames, and translates; the page shows the words.
 * @param {Fields} form @param {StripeError} error @returns {StripeError} */
function explained(form, error) {
  const {param = '', code = '', decline_code = ''} = error;
  const blamed = /\w+(?=\]?$)/.exec(param)?.[0] ?? '';
  const input = form.input(blamed.startsWith('exp_') ? 'expiry' : blamed);
  input?.setAttribute('aria-invalid', 'true');
  input?.classList.add('Input--invalid');
  return {...error, message: wordsFor(decline_code, wordsFor(code, error.message))};
}

/** @param {string} path @param {object} params @returns {Promise<FrameAnswer>} */
async function post(path, params) {
  try {
    const response = await fetch(path, {method: 'POST', body: new URLSearchParams(pairs(params))});
    const body = await response.json();
    return response.ok ? {paymentIntent: body} : {error: body.error};
  } catch {
    return {error: {type: 'api_connection_error', message: wordsFor('api_connection_error')}};
  }
}

/** Writes nested parameters as Stripe's API reads them: a[b][c]=d.
 * @param {object} params @param {string} [prefix] @returns {string[][]} */
function pairs(params, prefix = '') {
  return Object.entries(params).flatMap(([name, value]) => {
    const whole = prefix ? `${prefix}[${name}]` : name;
    if (value === null || value === undefined) return [];
    return typeof value === 'object' ? pairs(value, whole) : [[whole, String(value)]];
  });
}
