// @ts-check
/** @import {Appearance} from '@stripe/stripe-js' */

const NAME = /^[a-z][A-Za-z0-9]*$/;
/** The parts that a page may dress by a rule, in their states: `.Input:focus`, `.Tab--selected`. */
const SELECTOR =
  /^\.(Input|Label|Error|Tab|AccordionItem)(--(selected|invalid))?(::?(hover|focus|disabled|active|placeholder|focus-visible))*$/;

const rules = new CSSStyleSheet();
document.adoptedStyleSheets = [rules];
/** @type {string[]} */
let worn = [];

/** Dresses the Element as Stripe's `appearance` says; what it knows nothing of is left out.
 * @param {Appearance} appearance */
export function dress({theme = 'stripe', variables = {}, rules: given = {}}) {
  const root = document.documentElement;
  root.dataset.theme = theme;
  for (const name of worn) root.style.removeProperty(`--${name}`);
  worn = Object.keys(variables).filter((name) => NAME.test(name));
  for (const [name, value] of Object.entries(variables)) {
    if (NAME.test(name)) root.style.setProperty(`--${name}`, String(value));
  }
  rules.replaceSync('');
  for (const [selector, properties] of Object.entries(given)) {
    if (SELECTOR.test(selector)) addRule(selector, properties);
  }
}

/** @param {string} selector @param {Record<string, string>} properties */
function addRule(selector, properties) {
  const rule = rules.cssRules[rules.insertRule(`${selector} {}`, rules.cssRules.length)];
  for (const [property, value] of Object.entries(properties)) {
    const name = property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (rule instanceof CSSStyleRule) rule.style.setProperty(name, value);
  }
}
