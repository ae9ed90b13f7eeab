// @ts-check
/** @import {StripeError, StripePaymentElementOptions} from '@stripe/stripe-js' */
/** @import {FrameAnswer, FromFrame, ToFrame} from '../surface' */
/** @import {Group} from './elements.js' */
import {ORIGIN} from './api.js';
import {IntegrationError, finished, unreachable} from './errors.js';

const LOAD_TIMEOUT = 10_000;
/** An Element takes no card for an intent in one of these states. */
const FINISHED = ['succeeded', 'canceled', 'processing', 'requires_capture'];

/** The Payment Element: a frame from the sandbox's origin, and what it reports. */
export class PaymentElement {
  /** @param {Group} group @param {StripePaymentElementOptions} options */
  constructor(group, options) {
    this.group = group;
    this.options = options;
    this.isDestroyed = false;
    /** @type {HTMLIFrameElement | null} */
    this.frame = null;
    this.timer = 0;
    this.isPayable = Promise.resolve(false);
    /** @type {Map<string, Set<(event: any) => any>>} */
    this.listeners = new Map();
    /** @type {Map<number, (answer: FrameAnswer) => void>} */
    this.calls = new Map();
    this.lastCall = 0;
    /** @param {MessageEvent<FromFrame>} message */
    this.receive = (message) => {
      if (message.origin !== ORIGIN || message.source !== this.frame?.contentWindow) return;
      this.heard(message.data);
    };
  }

  /** @param {string | HTMLElement} target */
  mount(target) {
    if (this.isDestroyed) throw new IntegrationError('A destroyed Element cannot be mounted.');
    const place = typeof target === 'string' ? document.querySelector(target) : target;
    if (!place) throw new IntegrationError(`There is no element "${target}" on the page.`);
    this.unmount();
    this.frame = this.newFrame();
    place.replaceChildren(this.frame);
    addEventListener('message', this.receive);
    this.timer = setTimeout(() => this.failed(unreachable()), LOAD_TIMEOUT);
    this.emit('loaderstart');
    this.isPayable = this.checkIntent();
  }

  unmount() {
    clearTimeout(this.timer);
    removeEventListener('message', this.receive);
    this.frame?.remove();
    this.frame = null;
    const error = {type: /** @type {const} */ ('api_error'), message: 'The Element is gone.'};
    for (const answer of this.calls.values()) answer({error});
    this.calls.clear();
  }

  destroy() {
    this.unmount();
    this.isDestroyed = true;
    this.group.element = null;
  }

  focus() {
    this.send({type: 'focus'});
  }

  blur() {
    this.send({type: 'blur'});
  }

  clear() {
    this.send({type: 'clear'});
  }

  collapse() {
    return this;
  }

  /** @param {StripePaymentElementOptions} options */
  update(options) {
    Object.assign(this.options, options);
    this.send({type: 'update', options: this.options});
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
    const frame = document.createElement('iframe');
    frame.src = `${ORIGIN}/elements/payment?${query}`;
    frame.title = 'Card payment (Stripe sandbox)';
    // As wide as its place, with room for a focus ring around it: 4 px of padding are in the frame.
    Object.assign(frame.style, {border: '0', display: 'block', width: 'calc(100% + 8px)', margin: '-4px'});
    frame.style.colorScheme = this.colorScheme;
    return frame;
  }

  /** A frame is transparent only while it has the colour scheme of the document in it. */
  get colorScheme() {
    return this.group.options.appearance?.theme === 'night' ? 'dark' : 'light';
  }

  /** Dresses the mounted frame in the group's present appearance. */
  restyle() {
    if (this.frame) this.frame.style.colorScheme = this.colorScheme;
    this.send({type: 'update', appearance: this.group.options.appearance});
  }

  /** Resolves to whether the intent still takes a card; where not, has told so by `loaderror`. */
  async checkIntent() {
    const frame = this.frame;
    const {paymentIntent, error} = await this.group.api.retrieve(this.group.clientSecret);
    if (frame !== this.frame) return false;
    const isOver = paymentIntent && FINISHED.includes(paymentIntent.status);
    const problem = isOver ? finished(paymentIntent) : error;
    if (problem) this.failed(problem);
    return !problem;
  }

  /** Hands the frame what it needs, once both it and the intent are ready. */
  async init() {
    if (!(await this.isPayable)) return;
    const {appearance} = this.group.options;
    this.send({type: 'init', key: this.group.key, options: this.options, appearance});
  }

  /** @param {StripeError} error */
  failed(error) {
    this.unmount();
    this.emit('loaderror', {error});
  }

  /** @param {FromFrame} said */
  heard(said) {
    if (said.type === 'hello') {
      void this.init();
    } else if (said.type === 'height') {
      if (this.frame) this.frame.style.height = `${said.height}px`;
    } else if (said.type === 'answer') {
      this.calls.get(said.call)?.(said.answer);
      this.calls.delete(said.call);
    } else if (said.type === 'change') {
      const {empty, complete} = said;
      this.emit('change', {empty, complete, collapsed: false, value: {type: 'card'}});
    } else {
      clearTimeout(this.timer);
      this.emit(said.type);
    }
  }

  /** @param {ToFrame} message */
  send(message) {
    // Options come from the page and may hold what can't be cloned; JSON leaves that behind.
    this.frame?.contentWindow?.postMessage(JSON.parse(JSON.stringify(message)), ORIGIN);
  }

  /** @param {{type: 'submit'} | {type: 'confirm', clientSecret: string, params: object}} what
   * @returns {Promise<FrameAnswer>} */
  call(what) {
    const call = ++this.lastCall;
    return new Promise((resolve) => {
      this.calls.set(call, resolve);
      this.send(/** @type {ToFrame} */ ({...what, call}));
    });
  }
}
