// @ts-check
/** @import {Field, Problem, Values} from './card.js' */
import {problemsOf, written} from './card.js';

/** @type {Field[]} */
const FIELDS = ['number', 'expiry', 'cvc'];

/** The three card fields of a page: written as people write cards, with each problem beside them. */
export class CardForm {
  /** @param {ParentNode} root @param {() => void} changed called after each change */
  constructor(root, changed = () => undefined) {
    this.root = root;
    this.changed = changed;
    /** @type {Record<string, string>} */
    this.words = JSON.parse(document.querySelector('#words')?.textContent ?? '{}');
    for (const field of FIELDS) {
      const input = this.input(field);
      input.addEventListener('input', (event) => this.typed(field, /** @type {InputEvent} */ (event)));
      input.addEventListener('blur', ({relatedTarget}) => this.left(field, relatedTarget));
    }
    for (const item of root.querySelectorAll('[data-number]')) this.offer(/** @type {HTMLElement} */ (item));
  }

  /** @returns {Values} */
  get values() {
    const [number, expiry, cvc] = FIELDS.map((field) => this.input(field).value);
    return {number: number ?? '', expiry: expiry ?? '', cvc: cvc ?? ''};
  }

  get problems() {
    return problemsOf(this.values, new Date());
  }

  get isEmpty() {
    return FIELDS.every((field) => !this.input(field).value);
  }

  /** @param {Field} field @returns {HTMLInputElement} */
  input(field) {
    return /** @type {HTMLInputElement} */ (this.root.querySelector(`#card-${field}`));
  }

  /** @param {string} code @returns {string} */
  wordsFor(code) {
    return this.words[code] ?? code;
  }

  /** Shows all that is wrong and puts the cursor there; returns the first problem, if any. */
  check() {
    const problems = this.problems;
    for (const field of FIELDS) this.mark(field, problems.find((each) => each.field === field));
    const [first] = problems;
    if (first) this.input(first.field).focus();
    return first;
  }

  /** @param {Values} values */
  fill(values) {
    for (const field of FIELDS) {
      this.input(field).value = written[field](values[field], values);
      this.mark(field);
    }
    this.changed();
  }

  clear() {
    this.fill({number: '', expiry: '', cvc: ''});
  }

  /** @param {boolean} isDisabled */
  disable(isDisabled) {
    for (const field of FIELDS) this.input(field).disabled = isDisabled;
    for (const button of this.root.querySelectorAll('button')) button.disabled = isDisabled;
  }

  /** @param {Field} field @param {Problem} [problem] */
  mark(field, problem) {
    const input = this.input(field);
    const place = /** @type {HTMLElement} */ (this.root.querySelector(`#card-${field}-error`));
    place.textContent = problem ? this.wordsFor(problem.code) : '';
    if (problem) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  }

  /** @param {Field} field @param {InputEvent} event */
  typed(field, event) {
    const input = this.input(field);
    const before = written[field](input.value.slice(0, input.selectionStart ?? undefined), this.values);
    const isAtEnd = input.selectionStart === input.value.length;
    input.value = written[field](input.value, this.values);
    if (!isAtEnd) input.setSelectionRange(before.length, before.length);
    this.mark(field);
    if (isAtEnd && !event.inputType?.startsWith('delete')) this.moveOn(field);
    this.changed();
  }

  /** Goes to the next field when this one is complete, as Stripe's does. @param {Field} field */
  moveOn(field) {
    const next = FIELDS[FIELDS.indexOf(field) + 1];
    if (next && !this.problems.some((problem) => problem.field === field)) this.input(next).focus();
  }

  /** Complains about a field that was filled and left for another one. Not on the way to a button:
   * the words would push it from under the pointer, and the click would miss.
   * @param {Field} field @param {EventTarget | null} next */
  left(field, next) {
    if (!this.input(field).value || !(next instanceof HTMLInputElement)) return;
    this.mark(field, this.problems.find((each) => each.field === field));
  }

  /** Makes a listed test card clickable. @param {HTMLElement} item */
  offer(item) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...item.childNodes);
    const number = item.dataset.number ?? '';
    button.addEventListener('click', () => {
      this.fill({number, expiry: '12 / 34', cvc: number.length === 15 ? '1234' : '123'});
      const list = item.closest('details');
      list?.removeAttribute('open');
      list?.querySelector('summary')?.focus();
    });
    item.replaceChildren(button);
  }
}
