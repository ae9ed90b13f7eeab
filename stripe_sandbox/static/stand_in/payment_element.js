// @ts-check
/** @import {StripeError, StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {FromFrame, Offer} from '../surface' */
/** @import {Group} from './elements.js' */
import {Frame} from './frame.js';
import {IntegrationError, finished, nothingToPayWith, unreachable} from './errors.js';

const LOAD_TIMEOUT = 10_000;
/** An Element takes no payment for an intent in one of these states. */
const FINISHED = ['succeeded', 'canceled', 'processing', 'requires_capture'];

/** The Payment Element: a frame from the sandbox's origin, and what it reports. */
export class PaymentElement {
  /** @param {Group} group @param {StripePaymentElementOptions} options */
  constructor(group, options) {
    this.group = group;
    this.options = {...options};
    this.isDestroyed = false;
    /** @type {Frame | null} */
    this.frame = null;
    this.timer = 0;
    /** @type {Promise<Offer | null>} */
    this.offer = Promise.resolve(null);
    /** @type {Map<string, Set<(event: any) => any>>} */
    this.listeners = new Map();
  }

  /** @param {string | HTMLElement} target */
  mount(target) {
    if (this.isDestroyed) throw new IntegrationError('A destroyed Element cannot be mounted.');
    const place = typeof target === 'string' ? document.querySelector(target) : target;
    if (!place) throw new IntegrationError(`There is no element "${target}" on the page.`);
    this.unmount();
    this.frame = this.newFrame();
    place.replaceChildren(this.frame.node);
    this.timer = setTimeout(() => this.failed(unreachable()), LOAD_TIMEOUT);
    this.emit('loaderstart');
    this.offer = this.findOffer();
  }

  /** Loads the frame again where it is, in another language; what was filled in is lost. */
  mountAnew() {
    const place = this.frame?.node.parentElement;
    if (place) this.mount(place);
  }

  unmount() {
    clearTimeout(this.timer);
    this.frame?.remove();
    this.frame = null;
  }

  destroy() {
    this.unmount();
    this.isDestroyed = true;
    this.group.element = null;
  }

  focus() {
    this.frame?.send({type: 'focus'});
  }

  blur() {
    this.frame?.send({type: 'blur'});
  }

  clear() {
    this.frame?.send({type: 'clear'});
  }

  collapse() {
    this.frame?.send({type: 'collapse'});
    return this;
  }

  /** @param {StripePaymentElementOptions} options */
  update(options) {
    Object.assign(this.options, options);
    this.frame?.send({type: 'update', options: this.options});
    return this;
  }

  /** @param {string} type @param {(event: any) => any} listener */
  on(type, listener) {
    if (!this.listeners.has(type)) this.listeners.set(type, new Set());
    this.listeners.get(type)?.add(listener);
    return this;
  }

  /** @param {string} type @param {(event: any) => any} listener */
  once(type, listener) {
    /** @param {any} event */
    const once = (event) => {
      this.off(type, once);
      listener(event);
    };
    return this.on(type, once);
  }

  /** @param {string} type @param {(event: any) => any} [listener] */
  off(type, listener) {
    if (listener) this.listeners.get(type)?.delete(listener);
    else this.listeners.delete(type);
    return this;
  }

  /** @param {string} type @param {object} [fields] */
  emit(type, fields) {
    for (const listener of [...(this.listeners.get(type) ?? [])]) {
      listener({elementType: 'payment', ...fields});
    }
  }

  newFrame() {
    const {appearance, locale} = this.group.options;
    const query = new URLSearchParams({
      origin: location.origin,
      locale: locale ?? 'auto',
      theme: appearance?.theme ?? 'stripe',
    });
    const title = 'Payment form (Stripe sandbox)';
    const frame = new Frame(`/elements/payment?${query}`, title, (said) => this.heard(said));
    // As wide as its place, with room for a focus ring around it: 4 px of padding are in the frame.
    Object.assign(frame.node.style, {display: 'block', width: 'calc(100% + 8px)', margin: '-4px'});
    frame.node.style.colorScheme = this.colorScheme;
    return frame;
  }

  /** A frame is transparent only while it has the colour scheme of the document in it. */
  get colorScheme() {
    return this.group.options.appearance?.theme === 'night' ? 'dark' : 'light';
  }

  /** Shows the mounted frame the group's present appearance and offer. */
  async refresh() {
    if (!this.frame) return;
    this.frame.node.style.colorScheme = this.colorScheme;
    const offer = (await this.offer) ?? undefined;
    this.frame?.send({type: 'update', appearance: this.group.options.appearance ?? {}, offer});
  }

  /** Resolves to what can be paid with; to null, having told by `loaderror`, where nothing can. */
  async findOffer() {
    const {clientSecret} = this.group;
    if (!clientSecret) return this.group.deferredOffer;
    const frame = this.frame;
    const {paymentIntent, error} = await this.group.api.retrieve(clientSecret);
    if (frame !== this.frame) return null;
    const isOver = paymentIntent && FINISHED.includes(paymentIntent.status);
    const problem = isOver ? finished(paymentIntent) : error;
    if (problem) this.failed(problem);
    if (problem || !paymentIntent) return null;
    return {types: paymentIntent.payment_method_types, currency: paymentIntent.currency};
  }

  /** Hands the frame what it needs, once both it and the intent are ready. */
  async init() {
    const offer = await this.offer;
    const {key, options} = this.group;
    const appearance = options.appearance ?? {};
    if (offer) this.frame?.send({type: 'init', key, offer, options: this.options, appearance});
  }

  /** @param {StripeError} error */
  failed(error) {
    this.unmount();
    this.emit('loaderror', {error});
  }

  /** @param {FromFrame} said */
  heard(said) {
    if (said.type === 'hello') void this.init();
    else if (said.type === 'nothing') this.failed(nothingToPayWith());
    else if (said.type === 'height' && this.frame) this.frame.node.style.height = `${said.height}px`;
    else {
      const {type, ...fields} = said;
      if (type === 'ready') clearTimeout(this.timer);
      this.emit(type, fields);
    }
  }
}
