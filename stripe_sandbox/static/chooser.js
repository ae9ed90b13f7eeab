// @ts-check

/** The Element's ways to pay, as tabs or as an accordion. At most one is open; where there is only
 * one way, it has no head. */
export class Chooser {
  /** @param {HTMLElement} root @param {() => void} changed called after each change of the choice */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    /** @type {string[]} */
    this.methods = [];
    this.selected = '';
    this.isTabs = true;
    this.list = document.createElement('div');
    this.list.setAttribute('aria-label', root.dataset.label ?? '');
    for (const head of root.querySelectorAll('button[data-for]')) {
      head.addEventListener('click', () => this.pick(/** @type {HTMLElement} */ (head)));
      head.addEventListener('keydown', (event) => this.move(/** @type {KeyboardEvent} */ (event)));
    }
  }

  /** @param {string[]} methods @param {boolean} isTabs */
  show(methods, isTabs) {
    for (const method of this.methods) this.panel(method).hidden = this.head(method).hidden = true;
    this.methods = methods;
    this.isTabs = isTabs;
    this.root.classList.toggle('accordion', !isTabs);
    this.list.toggleAttribute('hidden', !isTabs || methods.length < 2);
    this.list.setAttribute('role', 'tablist');
    this.root.prepend(this.list);
    for (const method of methods) {
      const [head, panel] = [this.head(method), this.panel(method)];
      head.hidden = methods.length < 2;
      head.className = isTabs ? 'Tab' : 'AccordionItem';
      if (isTabs) this.list.append(head);
      this.root.append(...(isTabs ? [panel] : [head, panel]));
      this.describe(head, panel);
    }
    const isKept = !this.selected || methods.includes(this.selected);
    this.select(isKept ? this.selected : methods[0] ?? '');
  }

  /** @param {string} selected a method, or nothing to close them all */
  select(selected) {
    this.selected = this.methods.length === 1 ? this.methods[0] ?? '' : selected;
    for (const method of this.methods) {
      const [head, isOpen] = [this.head(method), method === this.selected];
      this.panel(method).hidden = !isOpen;
      head.classList.toggle(this.isTabs ? 'Tab--selected' : 'AccordionItem--selected', isOpen);
      head.setAttribute(this.isTabs ? 'aria-selected' : 'aria-expanded', String(isOpen));
      const isStop = isOpen || (!this.selected && method === this.methods[0]);
      head.tabIndex = isStop || !this.isTabs ? 0 : -1;
    }
    this.changed();
  }

  /** Says what a head and its panel are to each other, and what they are.
   * @param {HTMLElement} head @param {HTMLElement} panel */
  describe(head, panel) {
    for (const name of ['role', 'aria-selected', 'aria-expanded']) head.removeAttribute(name);
    if (this.isTabs) head.setAttribute('role', 'tab');
    head.setAttribute('aria-controls', panel.id);
    const isAlone = this.methods.length < 2;
    panel.setAttribute('role', isAlone ? 'group' : this.isTabs ? 'tabpanel' : 'region');
    panel.setAttribute('aria-labelledby', head.id);
  }

  /** @param {HTMLElement} head */
  pick(head) {
    const method = head.dataset.for ?? '';
    if (method !== this.selected) this.select(method);
  }

  /** Arrow keys, Home and End go from tab to tab. @param {KeyboardEvent} event */
  move(event) {
    const heads = this.methods.map((method) => this.head(method));
    const at = heads.indexOf(/** @type {HTMLElement} */ (event.currentTarget));
    /** @type {Record<string, number>} */
    const places = {ArrowRight: at + 1, ArrowLeft: at - 1 + heads.length, Home: 0, End: heads.length - 1};
    const head = heads[(places[event.key] ?? NaN) % heads.length];
    if (!this.isTabs || !head) return;
    event.preventDefault();
    this.pick(head);
    head.focus();
  }

  /** @param {string} method @returns {HTMLElement} */
  head(method) {
    return /** @type {HTMLElement} */ (document.querySelector(`#choose-${method}`));
  }

  /** @param {string} method @returns {HTMLElement} */
  panel(method) {
    return /** @type {HTMLElement} */ (document.querySelector(`#panel-${method}`));
  }
}
