/**
 * The part of Stripe.js that the sandbox's stand-in speaks, in Stripe's own types.
 *
 * Whatever is written against these types runs against the real Stripe.js too; tests/javascript
 * proves it by assigning them to `@stripe/stripe-js`. Only the Payment Element exists here.
 */
import type {
  Appearance,
  ConfirmPaymentData,
  PaymentIntent,
  PaymentIntentResult,
  Stripe,
  StripeConstructorOptions,
  StripeElements,
  StripeElementsOptionsClientSecret,
  StripeElementsOptionsMode,
  StripeError,
  StripePaymentElement,
  StripePaymentElementOptions,
} from '@stripe/stripe-js';

type PaymentMode = Extract<StripeElementsOptionsMode, {mode: 'payment'}>;
/** Elements for an intent, or for a payment whose intent is made when the shopper submits. */
export type SandboxElementsOptions = StripeElementsOptionsClientSecret | PaymentMode;

export interface SandboxElements
  extends Pick<StripeElements, 'update' | 'fetchUpdates' | 'submit' | 'on'> {
  create(elementType: 'payment', options?: StripePaymentElementOptions): StripePaymentElement;
  getElement(elementType: 'payment'): StripePaymentElement | null;
}

type Target = {elements: SandboxElements} | {elements?: SandboxElements; clientSecret: string};

export interface SandboxStripe
  extends Pick<Stripe, 'retrievePaymentIntent' | 'handleNextAction' | 'registerAppInfo'> {
  elements(options?: SandboxElementsOptions): SandboxElements;
  confirmPayment(
    options: Target & {confirmParams?: Partial<ConfirmPaymentData>; redirect: 'if_required'},
  ): Promise<PaymentIntentResult>;
  confirmPayment(
    options: Target & {confirmParams: ConfirmPaymentData; redirect?: 'always'},
  ): Promise<never | {error: StripeError}>;
}

export type SandboxConstructor = (
  publishableKey: string,
  options?: StripeConstructorOptions,
) => SandboxStripe;

/** What the page and the Element's frame tell each other. */
export type ToFrame =
  | {
      type: 'init';
      key: string;
      offer: Offer;
      options: StripePaymentElementOptions;
      appearance?: Appearance;
    }
  | {
      type: 'update';
      offer?: Offer;
      options?: StripePaymentElementOptions;
      appearance?: Appearance;
    }
  | {type: 'focus' | 'blur' | 'clear' | 'collapse' | 'refuse'}
  | {type: 'submit'; call: number}
  | {type: 'confirm'; call: number; clientSecret: string; params: Partial<ConfirmPaymentData>};

export type FromFrame =
  | {type: 'hello' | 'nothing' | 'answered'}
  | {type: 'height'; height: number}
  | {type: 'ready' | 'focus' | 'blur' | 'escape'}
  | ({type: 'change'} & Standing)
  | {type: 'answer'; call: number; answer: FrameAnswer};

/** What can be paid with: the types of an intent, or whatever takes the currency. */
export interface Offer {
  types?: string[];
  excluded?: string[];
  currency: string;
}

/** What a page may know of what was filled in. */
export interface Standing {
  empty: boolean;
  complete: boolean;
  collapsed: boolean;
  value: {type: string};
}

/** `misuse` is a mistake of the page's developer: the page throws it. */
export interface FrameAnswer {
  error?: StripeError;
  paymentIntent?: PaymentIntent;
  selected?: string;
  misuse?: string;
}

export type Values = Record<string, string | undefined>;

export interface Problem {
  field: string;
  code: string;
}

/** A way to pay: what is wrong with a field, how each is written, and what the API is told. */
export interface Method {
  problem(field: string, values: Values, today: Date): string | null;
  written: Record<string, (value: string, values: Values) => string>;
  parameters(values: Values): Record<string, string>;
}
