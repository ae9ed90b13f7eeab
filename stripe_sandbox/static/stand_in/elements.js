// @ts-check
/** @import {ConfirmPaymentData, StripeElementsOptionsClientSecret} from '@stripe/stripe-js' */
/** @import {StripePaymentElement, StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {FrameAnswer, SandboxElements} from '../surface' */
/** @import {Api} from './api.js' */
import {intentPath} from './api.js';
import {IntegrationError} from './errors.js';
import {PaymentElement} from './payment_element.js';

/** What `stripe.elements()` stands for: one client_secret and at most one Payment Element. */
export class Group {
  /** @param {Api} api @param {string} key @param {StripeElementsOptionsClientSecret} options */
  constructor(api, key, options) {
    this.api = api;
    this.key = key;
    this.options = options;
    this.clientSecret = options.clientSecret ?? '';
    intentPath(this.clientSecret);
    /** @type {PaymentElement | null} */
    this.element = null;
    /** @type {Promise<FrameAnswer> | null} */
    this.confirming = null;
  }

  /** @returns {SandboxElements} */
  face() {
    return {
      create: (type, options = {}) => this.create(type, options),
      getElement: (type) => (type === 'payment' ? this.elementFace() : null),
      submit: async () => {
        const {error} = await this.mounted().call({type: 'submit'});
        return error ? {error} : {selectedPaymentMethod: 'card'};
      },
      update: async (options) => {
        Object.assign(this.options, options);
        this.element?.restyle();
      },
      fetchUpdates: async () => {
        const {error} = await this.api.retrieve(this.clientSecret);
        return error ? {error: {message: error.message ?? ''}} : {};
      },
    };
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

  mounted() {
    if (!this.element?.frame) throw new IntegrationError('Mount the Payment Element first.');
    return this.element;
  }

  /** Asks the frame to pay. A second call while the first is under way shares its answer, so a
   * double click can't pay twice.
   * @param {string} clientSecret @param {Partial<ConfirmPaymentData>} params */
  async confirm(clientSecret, params) {
    this.confirming ??= this.mounted().call({type: 'confirm', clientSecret, params});
    try {
      return await this.confirming;
    } finally {
      this.confirming = null;
    }
  }
}
