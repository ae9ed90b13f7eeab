// Copies what stands in the element that a button names; where the browser doesn't allow that, the
// text is marked, ready to be copied by hand.

(() => {
  "use strict";

  const told = /** @type {HTMLElement} */ (document.getElementById("copied"));

  /** @type {NodeListOf<HTMLButtonElement>} */
  const buttons = document.querySelectorAll("button[data-copy]");
  for (const button of buttons) {
    const source = /** @type {HTMLElement} */ (document.getElementById(button.dataset.copy ?? ""));
    button.hidden = false;
    button.addEventListener("click", () => copy(source));
  }

  /** @param {HTMLElement} source */
  async function copy(source) {
    const text = source.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      tell("done", text);
    } catch {
      getSelection()?.selectAllChildren(source);
      tell("failed", text);
    }
  }

  /** @param {"done" | "failed"} outcome @param {string} text */
  function tell(outcome, text) {
    told.textContent = (told.dataset[outcome] ?? "").replace("{}", text);
  }
})();
