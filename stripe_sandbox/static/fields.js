// @ts-check
/** @import {Method, Problem, Values} from './surface' */

/** The fields of one way to pay: written as people write them, with each problem beside its field. */
export class Fields {
  /** @param {HTMLElement} panel @param {Method} method @param {() => void} changed called after
   * each change */
  constructor(panel, method, changed = () => undefined) {
    this.panel = panel;
    this.method = method;
    this.changed = changed;
    for (const input of this.all) {
      input.addEventListener('input', (event) => this.typed(input, /** @type {InputEvent} */ (event)));
      input.addEventListener('blur', ({relatedTarget}) => this.left(input, relatedTarget));
    }
    for (const item of panel.querySelectorAll('[data-fills]')) this.offer(/** @type {HTMLElement} */ (item));
  }

  get all() {
    return [...this.panel.querySelectorAll('input')];
  }

  /** The inputs that a shopper is asked for: a page may leave out billing details. */
  get asked() {
    return this.all.filter((input) => !input.closest('[hidden].field'));
  }

  /** @returns {Values} */
  get values() {
    return Object.fromEntries(this.asked.map((input) => [input.name, input.value]));
  }

  /** What is wrong, in the fields' order. @returns {Problem[]} */
  get problems() {
    const today = new Date();
    return this.asked.flatMap(({name}) => {
      const code = this.method.problem(name, this.values, today);
      return code ? [{field: name, code}] : [];
    });
  }

  get isEmpty() {
    return this.asked.every((input) => !input.value);
  }

  /** @param {string} name @returns {HTMLInputElement | undefined} */
  input(name) {
    return this.all.find((input) => input.name === name);
  }

  /** Shows all that is wrong and puts the cursor there; returns the first problem, if any. */
  check() {
    const problems = this.problems;
    for (const {name} of this.all) this.mark(name, problems.find((each) => each.field === name)?.code);
    const [first] = problems;
    if (first) this.input(first.field)?.focus();
    return first;
  }

  /** Fills in these fields and leaves the others. @param {Values} values */
  fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const input = this.input(name);
      if (!input) continue;
      input.value = this.method.written[name]?.(value ?? '', values) ?? value ?? '';
      this.mark(name);
    }
    this.changed();
  }

  clear() {
    this.fill(Object.fromEntries(this.all.map(({name}) => [name, ''])));
  }

  /** @param {boolean} isDisabled */
  disable(isDisabled) {
    for (const each of this.panel.querySelectorAll('input, button')) each.toggleAttribute('disabled', isDisabled);
  }

  /** @param {string} name @param {string} [code] */
  mark(name, code) {
    const input = this.input(name);
    const place = document.querySelector(`#${input?.getAttribute('aria-describedby')}`);
    if (place) place.textContent = code ? wordsFor(code) : '';
    if (code) input?.setAttribute('aria-invalid', 'true');
    else input?.removeAttribute('aria-invalid');
    input?.classList.toggle('Input--invalid', Boolean(code));
  }

  /** @param {HTMLInputElement} input @param {InputEvent} event */
  typed(input, event) {
    const written = this.method.written[input.name] ?? ((value) => value);
    const at = input.selectionStart ?? input.value.length;
    const isAtEnd = at === input.value.length;
    const before = written(input.value.slice(0, at), this.values);
    const whole = written(input.value, this.values);
    if (whole !== input.value) input.value = whole;
    if (!isAtEnd) input.setSelectionRange(before.length, before.length);
    this.mark(input.name);
    if (isAtEnd && !event.inputType?.startsWith('delete')) this.moveOn(input);
    this.changed();
  }

  /** Goes on when a field is complete that can't be longer, as Stripe's does.
   * @param {HTMLInputElement} input */
  moveOn(input) {
    const next = this.asked[this.asked.indexOf(input) + 1];
    const isFormatted = input.name in this.method.written;
    if (next && isFormatted && !this.method.problem(input.name, this.values, new Date())) next.focus();
  }

  /** Complains about a field that was filled and left for another one. Not on the way to a button:
   * the words would push it from under the pointer, and the click would miss.
   * @param {HTMLInputElement} input @param {EventTarget | null} next */
  left(input, next) {
    if (!input.value || !(next instanceof HTMLInputElement) || next.type === 'radio') return;
    this.mark(input.name, this.problems.find((each) => each.field === input.name)?.code);
  }

  /** Makes a listed test value clickable. @param {HTMLElement} item */
  offer(item) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...item.childNodes);
    button.addEventListener('click', () => {
      const written = this.all.filter((input) => input.closest('[data-billing]') && input.value);
      const kept = Object.fromEntries(written.map(({name, value}) => [name, value]));
      this.fill({...JSON.parse(item.dataset.fills ?? '{}'), ...kept});
      const list = item.closest('details');
      list?.removeAttribute('open');
      list?.querySelector('summary')?.focus();
    });
    item.replaceChildren(button);
  }
}

/** @type {Record<string, string>} */
const words = JSON.parse(document.querySelector('#words')?.textContent ?? '{}');

/** The page's words for an error's code; where it has none, the API's own.
 * @param {string} code @param {string} [otherwise] */
export function wordsFor(code, otherwise = code) {
  return words[code] ?? otherwise;
}
