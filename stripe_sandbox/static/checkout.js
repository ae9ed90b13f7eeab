// @ts-check
import {Fields} from './fields.js';
import {METHODS} from './methods.js';

/** The hosted page works without this script: it only writes fields, warns early and waits once. */
const page = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-pay]'));
const button = page?.querySelector('button[type="submit"]');

if (page && button instanceof HTMLButtonElement) {
  /** @type {Map<string, Fields>} */
  const ways = new Map();
  for (const panel of page.querySelectorAll('[data-method]')) {
    if (!(panel instanceof HTMLElement)) continue;
    const method = METHODS[panel.dataset.method ?? ''];
    if (method) ways.set(panel.dataset.method ?? '', new Fields(panel, method));
  }
  const label = button.textContent ?? '';

  page.noValidate = true;
  page.addEventListener('submit', (event) => {
    const email = /** @type {HTMLInputElement} */ (page.elements.namedItem('email'));
    const chosen = new FormData(page).get('payment_method');
    const way = chosen ? ways.get(String(chosen)) : [...ways.values()][0];
    if (button.disabled || !email.reportValidity() || way?.check()) return event.preventDefault();
    button.disabled = true;
    button.textContent = button.dataset.busy ?? label;
  });
  // The back button brings the page as it was left: with its button still waiting.
  addEventListener('pageshow', () => {
    button.disabled = false;
    button.textContent = label;
  });
}
