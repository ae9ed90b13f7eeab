// @ts-check
/** @import {Appearance, ConfirmPaymentData, PaymentElementPaymentMethodType} from '@stripe/stripe-js' */
/** @import {StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {FrameAnswer, FromFrame, Offer, Standing, ToFrame} from './surface' */
import {dress} from './appearance.js';
import {Chooser} from './chooser.js';
import {confirm} from './confirm.js';
import {Fields, wordsFor} from './fields.js';
import {METHODS} from './methods.js';

/** The page that mounted the Element; the server let no other frame it. */
const PAGE = document.documentElement.dataset.origin ?? '';
/** The currencies of the methods that don't take them all.
 * @type {Record<string, string[] | undefined>} */
const CURRENCIES = JSON.parse(document.documentElement.dataset.currencies ?? '{}');

/** @type {Record<string, Fields>} */
const forms = {};
const chooser = new Chooser(/** @type {HTMLElement} */ (document.querySelector('#methods')), tellChange);
for (const [type, method] of Object.entries(METHODS)) {
  forms[type] = new Fields(chooser.panel(type), method, tellChange);
}
let key = '';
/** @type {Offer} */
let offer = {currency: ''};
/** @type {StripePaymentElementOptions} */
let options = {};
let told = '';
let isReady = false;

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

/** Tells the page which method is chosen, and whether it is filled in; never what it holds. */
function tellChange() {
  const standing = stands();
  if (told === (told = JSON.stringify(standing)) || !isReady) return;
  tell({type: 'change', ...standing});
}

/** @returns {Standing} */
function stands() {
  const form = forms[chooser.selected];
  return {
    empty: form?.isEmpty ?? true,
    complete: form?.problems.length === 0,
    collapsed: !form,
    value: {type: chooser.selected},
  };
}

/** @param {ToFrame} said */
async function heard(said) {
  if (said.type === 'init') begin(said);
  else if (said.type === 'update') apply(said);
  else if (said.type === 'focus') (forms[chooser.selected]?.asked[0] ?? chooser.head(chooser.methods[0] ?? '')).focus();
  else if (said.type === 'blur') /** @type {HTMLElement} */ (document.activeElement)?.blur();
  else if (said.type === 'clear') Object.values(forms).forEach((form) => form.clear());
  else if (said.type === 'collapse') chooser.select('');
  else if (said.type === 'submit') tell({type: 'answer', call: said.call, answer: checked()});
  else if (said.type === 'confirm') {
    tell({type: 'answer', call: said.call, answer: await pay(said.clientSecret, said.params)});
  }
}

/** @param {Extract<ToFrame, {type: 'init'}>} said */
function begin(said) {
  key = said.key;
  apply(said);
  if (chooser.methods.length === 0) return tell({type: 'nothing'});
  const layout = typeof said.options.layout === 'object' ? said.options.layout : {};
  chooser.select('defaultCollapsed' in layout && layout.defaultCollapsed ? '' : chooser.methods[0] ?? '');
  const {name, email} = said.options.defaultValues?.billingDetails ?? {};
  for (const form of Object.values(forms)) form.fill({name, email});
  isReady = true;
  tellHeight();
  tell({type: 'ready'});
}

/** @param {{offer?: Offer, options?: StripePaymentElementOptions, appearance?: Appearance}} given */
function apply(given) {
  options = given.options ?? options;
  offer = given.offer ?? offer;
  if (given.appearance) dress(given.appearance);
  const layout = typeof options.layout === 'object' ? options.layout.type : options.layout;
  chooser.show(inOrder(offered()), layout !== 'accordion');
  for (const [type, form] of Object.entries(forms)) adapt(type, form);
}

/** @returns {string[]} */
function offered() {
  const {types = Object.keys(METHODS), excluded = [], currency} = offer;
  const takesCurrency = (/** @type {string} */ type) => CURRENCIES[type]?.includes(currency) ?? true;
  return Object.keys(METHODS).filter(
    (type) => types.includes(type) && !excluded.includes(type) && takesCurrency(type),
  );
}

/** Puts the methods that the page ordered first. @param {string[]} methods */
function inOrder(methods) {
  const first = (options.paymentMethodOrder ?? []).filter((method) => methods.includes(method));
  return [...new Set([...first, ...methods])];
}

/** Shows the fields and terms of a method that the page asks for.
 * @param {string} type @param {Fields} form */
function adapt(type, form) {
  form.disable(options.readOnly ?? false);
  chooser.head(type).toggleAttribute('disabled', options.readOnly ?? false);
  const own = /** @type {PaymentElementPaymentMethodType} */ (type);
  const asked = options.fields?.[own]?.billingDetails ?? options.fields?.billingDetails ?? 'auto';
  for (const field of form.panel.querySelectorAll('[data-billing]')) {
    const name = /** @type {'name' | 'email'} */ (field.querySelector('input')?.name);
    field.toggleAttribute('hidden', (typeof asked === 'object' ? asked[name] : asked) === 'never');
  }
  const terms = /** @type {HTMLElement | null} */ (form.panel.querySelector('[data-terms]'));
  if (!terms) return;
  terms.hidden = options.terms?.sepaDebit === 'never';
  if (options.business) terms.textContent = (terms.dataset.terms ?? '').replace('{}', options.business.name);
}

/** @returns {FrameAnswer} */
function checked() {
  const form = forms[chooser.selected];
  const code = form ? form.check()?.code : 'incomplete_payment_details';
  const place = /** @type {HTMLElement} */ (document.querySelector('#no-method'));
  place.textContent = form ? '' : wordsFor(code ?? '');
  if (!code) return {selected: chooser.selected};
  return {error: {type: 'validation_error', code, message: wordsFor(code)}};
}

/** @param {string} clientSecret @param {Partial<ConfirmPaymentData>} params
 * @returns {Promise<FrameAnswer>} */
async function pay(clientSecret, params) {
  const refusal = checked();
  const form = forms[chooser.selected];
  if (refusal.error || !form) return refusal;
  form.disable(true);
  const answer = await confirm({key, clientSecret, type: chooser.selected, form, options, params});
  form.disable(options.readOnly ?? false);
  return answer;
}
