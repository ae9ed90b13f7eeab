/**
 * Proves that the sandbox's stand-in for Stripe.js is a part of Stripe.js: whatever a page may do
 * with the stand-in, by its types, it may do with Stripe's. Never run; `tsc` reads it.
 */
import type {Stripe, StripeConstructor, StripeElements} from '@stripe/stripe-js';
import type {
  SandboxConstructor,
  SandboxElements,
  SandboxStripe,
} from '../../stripe_sandbox/static/surface';

type Spoken = 'confirmPayment' | 'retrievePaymentIntent' | 'handleNextAction' | 'registerAppInfo';

declare const stripes: Stripe;
declare const stripesElements: StripeElements;
declare const ours: SandboxStripe;
declare const stripesConstructor: StripeConstructor;

// What Stripe.js is, the stand-in's types describe: a page written for the stand-in runs on Stripe.
export const described: SandboxStripe = stripes;
export const describedElements: SandboxElements = stripesElements;
export const describedConstructor: SandboxConstructor = stripesConstructor;

// What a page may call on Stripe.js, of these methods, it may call on the stand-in.
export const callable: Pick<Stripe, Spoken> = ours;
export const callableElements: Pick<StripeElements, 'submit' | 'update' | 'fetchUpdates' | 'on'> =
  ours.elements();
