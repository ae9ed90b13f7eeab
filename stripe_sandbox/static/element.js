// @ts-check
/** @import {Appearance, StripeError, StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {FrameAnswer, FromFrame, ToFrame} from './surface' */
import {asParameters} from './card.js';
import {CardForm} from './card_form.js';

/** The page that mounted the Element; the server let no other frame it. */
const PAGE = document.documentElement.dataset.origin ?? '';
/** The parts of `appearance.variables` that the Element honours. */
const VARIABLES = /** @type {const} */ ([
  'colorPrimary', 'colorBackground', 'colorText', 'colorDanger', 'fontFamily', 'borderRadius',
]);

const form = new CardForm(document, tellChange);
let key = '';
/** @type {StripePaymentElementOptions} */
let options = {};
let told = '';

addEventListener('message', (/** @type {MessageEvent<ToFrame>} */ message) => {
  if (message.source === parent && message.origin === PAGE) void heard(message.data);
});
addEventListener('focus', () => tell({type: 'focus'}));
addEventListener('blur', () => tell({type: 'blur'}));
addEventListener('keydown', ({key: pressed}) => pressed === 'Escape' && tell({type: 'escape'}));
new ResizeObserver(tellHeight).observe(document.body);
tell({type: 'hello'});

/** @param {FromFrame} message */
function tell(message) {
  parent.postMessage(message, PAGE);
}

function tellHeight() {
  tell({type: 'height', height: Math.ceil(document.body.getBoundingClientRect().height)});
}

/** Tells the page that the card became empty, complete or neither; never what it holds. */
function tellChange() {
  const change = {empty: form.isEmpty, complete: form.problems.length === 0};
  if (told === (told = JSON.stringify(change))) return;
  tell({type: 'change', ...change});
}

/** @param {ToFrame} said */
async function heard(said) {
  if (said.type === 'init') {
    key = said.key;
    apply(said.options, said.appearance);
    tellHeight();
    tell({type: 'ready'});
  } else if (said.type === 'update') apply(said.options, said.appearance);
  else if (said.type === 'focus') form.input('number').focus();
  else if (said.type === 'blur') /** @type {HTMLElement} */ (document.activeElement)?.blur();
  else if (said.type === 'clear') form.clear();
  else {
    const answer = said.type === 'submit' ? checked() : await confirm(said.clientSecret, said.params);
    tell({type: 'answer', call: said.call, answer});
  }
}

/** @param {StripePaymentElementOptions} [given] @param {Appearance} [appearance] */
function apply(given, appearance) {
  options = given ?? options;
  form.disable(options.readOnly ?? false);
  const root = document.documentElement;
  if (appearance) root.dataset.theme = appearance.theme ?? 'stripe';
  for (const name of VARIABLES) {
    if (appearance) root.style.setProperty(`--${name}`, appearance.variables?.[name] ?? '');
  }
}

/** @returns {FrameAnswer} */
function checked() {
  const problem = form.check();
  if (!problem) return {};
  const {code} = problem;
  return {error: {type: 'validation_error', code, message: form.wordsFor(code)}};
}

/** Pays with the card in the fields. Its data goes to the sandbox, and nowhere else.
 * @param {string} clientSecret @param {Record<string, unknown>} params @returns {Promise<FrameAnswer>} */
async function confirm(clientSecret, params) {
  const refusal = checked();
  if (refusal.error) return refusal;
  const given = /** @type {{billing_details?: object}} */ (params.payment_method_data ?? {});
  const billing = {...options.defaultValues?.billingDetails, ...given.billing_details};
  const card = asParameters(form.values);
  form.disable(true);
  const answer = await post(`/v1/payment_intents/${clientSecret.split('_secret_')[0]}/confirm`, {
    ...params,
    key,
    client_secret: clientSecret,
    payment_method_data: {...given, type: 'card', card, billing_details: billing},
  });
  form.disable(options.readOnly ?? false);
  return answer.error ? {error: explained(answer.error)} : answer;
}

/** Marks the field that the API blames, and translates; the page shows the words.
 * @param {StripeError} error @returns {StripeError} */
function explained(error) {
  const {param = '', code = '', decline_code = ''} = error;
  const field = param.startsWith('exp') ? 'expiry' : param === 'cvc' ? 'cvc' : 'number';
  if (param) form.input(field).setAttribute('aria-invalid', 'true');
  return {...error, message: form.words[decline_code] ?? form.words[code] ?? error.message};
}

/** @param {string} path @param {object} params @returns {Promise<FrameAnswer>} */
async function post(path, params) {
  try {
    const response = await fetch(path, {method: 'POST', body: new URLSearchParams(pairs(params))});
    const body = await response.json();
    return response.ok ? {paymentIntent: body} : {error: body.error};
  } catch {
    return {error: {type: 'api_connection_error', message: form.wordsFor('api_connection_error')}};
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
