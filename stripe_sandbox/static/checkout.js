// @ts-check
import {CardForm} from './card_form.js';

/** The hosted page works without this script: it only writes the card, warns early and waits once. */
const page = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-pay]'));
const button = page?.querySelector('button[type="submit"]');

if (page && button instanceof HTMLButtonElement) {
  const card = new CardForm(page);
  const label = button.textContent ?? '';

  page.noValidate = true;
  page.addEventListener('submit', (event) => {
    const email = /** @type {HTMLInputElement} */ (page.elements.namedItem('email'));
    if (button.disabled || !email.reportValidity() || card.check()) return event.preventDefault();
    button.disabled = true;
    button.textContent = button.dataset.busy ?? label;
  });
  // The back button brings the page as it was left: with its button still waiting.
  addEventListener('pageshow', () => {
    button.disabled = false;
    button.textContent = label;
  });
}
