// @ts-check
/** @import {ConfirmPaymentData, PaymentIntent} from '@stripe/stripe-js' */
/** @import {StripePaymentElement, StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {FrameAnswer, Offer, SandboxElements, SandboxElementsOptions} from '../surface' */
/** @import {Api} from './api.js' */
import {intentPath} from './api.js';
import {IntegrationError} from './errors.js';
import {PaymentElement} from './payment_element.js';

/** What `stripe.elements()` stands for: one payment and at most one Payment Element. */
export class Group {
  /** @param {Api} api @param {string} key @param {SandboxElementsOptions} options */
  constructor(api, key, options) {
    this.api = api;
    this.key = key;
    this.options = options;
    /** Empty where the intent is made only when the shopper submits. */
    this.clientSecret = options.clientSecret ?? '';
    const {mode} = /** @type {{mode?: string}} */ (options);
    if (mode && mode !== 'payment') {
      throw new IntegrationError(`The sandbox has elements({mode: "payment"}) only, not "${mode}".`);
    }
    if (options.mode !== 'payment') intentPath(this.clientSecret);
    else if (!Number.isInteger(options.amount) || options.amount < 1 || !options.currency) {
      throw new IntegrationError('elements({mode: "payment"}) needs an `amount` and a `currency`.');
    }
    this.isSubmitted = false;
    /** @type {PaymentElement | null} */
    this.element = null;
    /** @type {Promise<FrameAnswer> | null} */
    this.confirming = null;
    /** @type {Set<() => void>} */
    this.afterUpdates = new Set();
  }

  /** @returns {SandboxElements} */
  face() {
    return {
      create: (type, options = {}) => this.create(type, options),
      getElement: (type) => (type === 'payment' ? this.elementFace() : null),
      submit: () => this.submit(),
      update: (options) => this.update(options),
      fetchUpdates: () => this.fetchUpdates(),
      on: (_, listener) => void this.afterUpdates.add(listener),
    };
  }

  /** What can be paid with when there is no intent yet. @returns {Offer} */
  get deferredOffer() {
    const {currency = '', allowedPaymentMethodTypes: types, excludedPaymentMethodTypes} =
      /** @type {Extract<SandboxElementsOptions, {mode: 'payment'}>} */ (this.options);
    return {currency: currency.toLowerCase(), types, excluded: excludedPaymentMethodTypes};
  }

  /** @returns {StripePaymentElement | null} */
  elementFace() {
    return /** @type {StripePaymentElement | null} */ (/** @type {unknown} */ (this.element));
  }

  /** @param {string} type @param {StripePaymentElementOptions} options */
  create(type, options) {
    if (type !== 'payment') {
      throw new IntegrationError(`The sandbox has the Payment Element only, not "${type}".`);
    }
    if (this.element) throw new IntegrationError('This Elements group has a Payment Element.');
    this.element = new PaymentElement(this, options);
    return /** @type {StripePaymentElement} */ (this.elementFace());
  }

  /** @returns {ReturnType<SandboxElements['submit']>} */
  async submit() {
    const {error, selected = ''} = await this.mounted().call({type: 'submit'});
    this.isSubmitted = !error;
    return error ? {error} : {selectedPaymentMethod: selected};
  }

  /** @param {import('@stripe/stripe-js').StripeElementsUpdateOptions} options */
  async update(options) {
    const {locale} = this.options;
    Object.assign(this.options, options);
    if (this.options.locale !== locale) this.element?.mountAnew();
    if (this.element && !this.clientSecret) this.element.offer = this.element.findOffer();
    await this.element?.refresh();
    for (const listener of this.afterUpdates) listener();
  }

  /** @returns {ReturnType<SandboxElements['fetchUpdates']>} */
  async fetchUpdates() {
    const {error, paymentIntent} = await this.api.retrieve(this.clientSecret);
    if (!paymentIntent) return {error: {message: error?.message ?? ''}};
    if (this.element) {
      const {payment_method_types: types, currency} = paymentIntent;
      this.element.offer = Promise.resolve({types, currency});
      await this.element.refresh();
    }
    return {};
  }

  mounted() {
    if (!this.element?.frame) throw new IntegrationError('Mount the Payment Element first.');
    return this.element.frame;
  }

  /** Asks the frame to pay. A second call while the first is under way shares its answer, so a
   * double click can't pay twice.
   * @param {string} clientSecret @param {Partial<ConfirmPaymentData>} params */
  async confirm(clientSecret, params) {
    this.confirming ??= this.startConfirming(clientSecret, params);
    try {
      return await this.confirming;
    } finally {
      this.confirming = null;
    }
  }

  /** @param {string} clientSecret @param {Partial<ConfirmPaymentData>} params */
  async startConfirming(clientSecret, params) {
    const frame = this.mounted();
    if (this.options.mode === 'payment') {
      const {paymentIntent, error} = await this.api.retrieve(clientSecret);
      if (!paymentIntent) return {error};
      this.compare(paymentIntent);
    }
    return frame.call({type: 'confirm', clientSecret, params});
  }

  /** Refuses an intent that is not what the shopper was shown. @param {PaymentIntent} intent */
  compare(intent) {
    const {amount, currency = ''} = this.options.mode ? this.options : {amount: NaN};
    if (!this.isSubmitted) throw new IntegrationError('Call elements.submit() before confirmPayment.');
    if (intent.amount !== amount || intent.currency !== currency.toLowerCase()) {
      throw new IntegrationError(
        `The PaymentIntent is over ${intent.amount} ${intent.currency}, but Elements were made for ` +
          `${amount} ${currency}. Call elements.update() when the amount changes.`,
      );
    }
  }
}
