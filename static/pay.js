// The pay page: mounts Stripe's Payment Element and confirms there. Nothing here decides that an
// order is paid; Stripe tells the server, and the order page tells the shopper.

/** @import {Appearance, PaymentIntent, Stripe, StripeElementLocale, StripeElements, StripeError} from "@stripe/stripe-js" */

(() => {
  "use strict";

  const LOAD_MS = 8_000;
  const SLOW_MS = 20_000;
  // How Stripe.js calls a failed 3-D Secure challenge; its type is that of a programming error.
  const NOT_AUTHENTICATED = "payment_intent_authentication_failure";
  const OPEN_STATUSES = ["requires_payment_method", "requires_confirmation", "requires_action"];

  const form = byId("payment-form");
  const button = /** @type {HTMLButtonElement} */ (byId("payment-submit"));
  const buttonText = button.textContent;
  const darkScheme = matchMedia("(prefers-color-scheme: dark)");
  const clientSecret = setting("clientSecret");
  const locale = /** @type {StripeElementLocale} */ (setting("locale"));
  let isBusy = false;
  let isUnavailable = false;

  const deadline = setTimeout(offerTheOtherWay, LOAD_MS);
  openForm().catch(offerTheOtherWay);
  // The back button can revive a page whose button still says that it is paying.
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  /** Mount the card form, or leave for the order when its payment is no longer open. */
  async function openForm() {
    await loadScript(setting("stripeJsUrl"));
    if (!window.Stripe) throw new Error("Stripe.js loaded without defining Stripe.");
    const stripe = window.Stripe(setting("publishableKey"), { locale });
    const { paymentIntent } = await stripe.retrievePaymentIntent(clientSecret);
    if (!paymentIntent) throw new Error("Stripe did not answer with the payment.");
    if (!isOpen(paymentIntent)) return goToOrder();
    mount(stripe, stripe.elements({ clientSecret, locale, appearance: appearance() }));
  }

  /** @param {Stripe} stripe @param {StripeElements} elements */
  function mount(stripe, elements) {
    const element = elements.create("payment", { layout: "tabs" });
    element.on("ready", () => {
      clearTimeout(deadline);
      byId("payment-loading").hidden = true;
      button.disabled = false;
    });
    element.on("loaderror", offerTheOtherWay);
    element.mount("#payment-element");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      pay(stripe, elements);
    });
    darkScheme.addEventListener("change", () => elements.update({ appearance: appearance() }));
  }

  /** @param {Stripe} stripe @param {StripeElements} elements */
  async function pay(stripe, elements) {
    if (isBusy || button.disabled) return;
    setBusy(true);
    say("");
    const slow = setTimeout(() => say(setting("slow")), SLOW_MS);
    try {
      // On success the browser leaves for `return_url`; only a failure comes back here.
      const { error } = await confirm(stripe, elements);
      if (error) explain(error);
      else goToOrder();
    } catch {
      setBusy(false);
      complain(setting("neutral"));
    } finally {
      clearTimeout(slow);
    }
  }

  /** @param {Stripe} stripe @param {StripeElements} elements @returns {Promise<{error?: StripeError}>} */
  async function confirm(stripe, elements) {
    const { error } = await elements.submit();
    if (error) return { error };
    const confirmParams = { return_url: setting("returnUrl") };
    return stripe.confirmPayment({ elements, clientSecret, confirmParams });
  }

  /** @param {StripeError} error */
  function explain(error) {
    if (error.payment_intent && !isOpen(error.payment_intent)) return goToOrder();
    setBusy(false);
    // The Element says beside the field what is wrong with it, and puts the cursor there.
    if (error.type === "validation_error") return say("");
    const isForShopper = error.type === "card_error" || error.code === NOT_AUTHENTICATED;
    complain((isForShopper && error.message) || setting("neutral"));
  }

  /** @param {PaymentIntent} paymentIntent */
  function isOpen(paymentIntent) {
    return OPEN_STATUSES.includes(paymentIntent.status);
  }

  function offerTheOtherWay() {
    if (isUnavailable) return;
    isUnavailable = true;
    clearTimeout(deadline);
    form.hidden = true;
    byId("stripe-unavailable").hidden = false;
  }

  function goToOrder() {
    clearTimeout(deadline);
    location.replace(setting("orderUrl"));
  }

  /** @param {boolean} busy */
  function setBusy(busy) {
    isBusy = busy;
    button.disabled = busy;
    button.textContent = busy ? setting("busy") : buttonText;
    form.setAttribute("aria-busy", String(busy));
  }

  /** @param {string} sentence */
  function complain(sentence) {
    say(sentence);
    button.focus();
  }

  /** @param {string} sentence */
  function say(sentence) {
    byId("payment-message").textContent = sentence;
  }

  /** The Element's looks come from the style sheet's own colours. @returns {Appearance} */
  function appearance() {
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    return {
      theme: darkScheme.matches ? "night" : "stripe",
      variables: {
        colorPrimary: colour("--accent"),
        colorBackground: colour("--card"),
        colorText: colour("--ink"),
        colorDanger: colour("--bad"),
        borderRadius: "6px",
      },
    };
  }

  /** @param {string} url @returns {Promise<void>} */
  function loadScript(url) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url;
      script.onload = () => resolve();
      script.onerror = reject;
      document.head.append(script);
    });
  }

  /** @param {string} id @returns {HTMLElement} */
  function byId(id) {
    const element = document.getElementById(id);
    if (!element) throw new Error(`The page has no #${id}.`);
    return element;
  }

  /** @param {string} name @returns {string} */
  function setting(name) {
    const value = form.dataset[name];
    if (!value) throw new Error(`The payment form has no data-${name}.`);
    return value;
  }
})();
