// @ts-check
/** @import {Method} from './surface' */
import {card} from './card.js';
import {sepaDebit} from './sepa_debit.js';

/** The shopper approves these on another page, so there is nothing to fill in. @type {Method} */
const redirecting = {problem: () => null, written: {}, parameters: () => ({})};

/** Every way to pay that the sandbox has, by Stripe's name. @type {Record<string, Method>} */
export const METHODS = {card, ideal: redirecting, sepa_debit: sepaDebit};
