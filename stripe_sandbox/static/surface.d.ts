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
  StripeError,
  StripePaymentElement,
  StripePaymentElementOptions,
} from '@stripe/stripe-js';

export interface SandboxElements
  extends Pick<StripeElements, 'update' | 'fetchUpdates' | 'submit'> {
  create(elementType: 'payment', options?: StripePaymentElementOptions): StripePaymentElement;
  getElement(elementType: 'payment'): StripePaymentElement | null;
}

type Target = {elements: SandboxElements} | {elements?: SandboxElements; clientSecret: string};

export interface SandboxStripe
  extends Pick<Stripe, 'retrievePaymentIntent' | 'handleNextAction' | 'registerAppInfo'> {
  elements(options?: StripeElementsOptionsClientSecret): SandboxElements;
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
  | {type: 'init'; key: string; options: StripePaymentElementOptions; appearance?: Appearance}
  | {type: 'update'; options?: StripePaymentElementOptions; appearance?: Appearance}
  | {type: 'focus'}
  | {type: 'blur'}
  | {type: 'clear'}
  | {type: 'submit'; call: number}
  | {type: 'confirm'; call: number; clientSecret: string; params: Record<string, unknown>};

export type FromFrame =
  | {type: 'hello'}
  | {type: 'height'; height: number}
  | {type: 'ready' | 'focus' | 'blur' | 'escape'}
  | {type: 'change'; empty: boolean; complete: boolean}
  | {type: 'answer'; call: number; answer: FrameAnswer};

export interface FrameAnswer {
  error?: StripeError;
  paymentIntent?: PaymentIntent;
}
