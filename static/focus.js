// A part of the page renews itself. When that takes away what has the focus, the focus goes to the
// part's heading, so that a keyboard stays where it was and a screen reader says where that is.

(() => {
  "use strict";

  const region = /** @type {HTMLElement} */ (document.getElementById("order-status-region"));
  /** @type {Element | null} */
  let focused = null;

  region.addEventListener("focusin", (event) => {
    focused = /** @type {Element} */ (event.target);
  });
  region.addEventListener("focusout", (event) => {
    // Somebody who goes elsewhere is let go; what was removed leaves to nowhere.
    if (event.relatedTarget || focused?.isConnected) focused = null;
  });
  new MutationObserver(() => {
    if (!focused || focused.isConnected) return;
    focused = null;
    const heading = region.querySelector("h2");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  }).observe(region, { childList: true, subtree: true });
})();
