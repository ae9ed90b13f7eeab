// A part of the page renews itself. When that takes away what has the focus, the focus goes to the
// part's heading or summary, or to the page's heading when nothing is left of the part, so that a
// keyboard stays where it was and a screen reader says where that is.

(() => {
  "use strict";

  document.querySelectorAll("[data-renews]").forEach(watch);

  /** @param {Element} region */
  function watch(region) {
    /** @type {Element | null} */
    let focused = null;

    region.addEventListener("focusin", (event) => {
      focused = /** @type {Element} */ (event.target);
    });
    region.addEventListener("focusout", (event) => {
      // Somebody who goes elsewhere is let go. What is removed leaves to nowhere.
      if (/** @type {FocusEvent} */ (event).relatedTarget) focused = null;
    });
    new MutationObserver(() => {
      if (!focused || focused.isConnected || document.activeElement !== document.body) return;
      focused = null;
      /** @type {HTMLElement | null} */
      const heading = region.querySelector("h2, summary") ?? document.querySelector("h1");
      // A summary takes the focus as it is, and has to go on doing so.
      if (!heading?.matches("summary")) heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
    }).observe(region, { childList: true, subtree: true });
  }
})();
