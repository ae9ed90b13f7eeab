// @ts-check
/** @import {ConfirmPaymentData} from '@stripe/stripe-js' */
/** @import {FrameAnswer} from '../surface' */
import {IntegrationError, unreachable} from './errors.js';

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
/** The sandbox that served this script: the only one that it talks to. */
export const ORIGIN = new URL(script.src).origin;

/** Calls to the API that a browser may make: with the publishable key and a client_secret. */
export class Api {
  /** @param {string} key */
  constructor(key) {
    this.key = key;
  }

  /** @param {string} clientSecret @returns {Promise<FrameAnswer>} */
  retrieve(clientSecret) {
    const query = new URLSearchParams({key: this.key, client_secret: clientSecret});
    return this.#answer(`${intentPath(clientSecret)}?${query}`, {});
  }

  /** Confirms without an Element: with a payment method by its id, or the one that the server
   * attached. Of the parameters it passes on those that are plain words.
   * @param {string} clientSecret @param {Partial<ConfirmPaymentData>} params
   * @returns {Promise<FrameAnswer>} */
  confirm(clientSecret, params) {
    const body = new URLSearchParams({key: this.key, client_secret: clientSecret});
    for (const [name, value] of Object.entries(params)) {
      if (typeof value === 'string') body.set(name, value);
    }
    return this.#answer(`${intentPath(clientSecret)}/confirm`, {method: 'POST', body});
  }

  /** @param {string} path @param {RequestInit} request @returns {Promise<FrameAnswer>} */
  async #answer(path, request) {
    try {
      const response = await fetch(ORIGIN + path, {...request, credentials: 'omit'});
      const body = await response.json();
      return response.ok ? {paymentIntent: body} : {error: body.error};
    } catch {
      return {error: unreachable()};
    }
  }
}

/** Returns the API's path of the intent; throws for what is no client_secret.
 * @param {string} clientSecret */
export function intentPath(clientSecret) {
  const id = /^(pi_\w+)_secret_\w+$/.exec(clientSecret)?.[1];
  if (!id) throw new IntegrationError('This is not the client_secret of a PaymentIntent.');
  return `/v1/payment_intents/${id}`;
}
