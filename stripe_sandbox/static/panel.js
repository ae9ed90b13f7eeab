// @ts-check
// The control panel: it looks for news once a second, and its forms speak JSON.

const live = element("live");
const said = element("said");
const wrong = element("wrong");
/** @type {Map<string, string>} What each section was last told to be. */
const shown = new Map([...live.children].map((section) => [section.id, section.outerHTML]));
const before = new URLSearchParams(location.search).get("before") ?? "";
let version = live.dataset.version ?? "";

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.dataset.verb === undefined) return;
  event.preventDefault();
  if (!form.dataset.confirm || window.confirm(form.dataset.confirm)) void send(form, form.dataset.verb);
});
document.addEventListener("toggle", (event) => void more(/** @type {HTMLElement} */ (event.target)), true);
document.addEventListener("change", (event) => {
  const select = /** @type {HTMLElement} */ (event.target);
  if (select.matches("[data-chooses]")) choose(/** @type {HTMLSelectElement} */ (select));
});
document.querySelectorAll("[data-chooses]").forEach((select) => choose(/** @type {HTMLSelectElement} */ (select)));
void watch();

/** Look for news as long as somebody looks at the page. */
async function watch() {
  if (!document.hidden) await refresh();
  window.setTimeout(watch, 1000);
}

async function refresh() {
  try {
    const answer = await fetch(`/_sandbox/live?${new URLSearchParams({ seen: version, before })}`);
    if (answer.status === 200) replace(await answer.text());
    if (live.classList.toggle("stale", !answer.ok)) say(wrong, "The sandbox answers with an error.");
    else if (wrong.dataset.lost) say(wrong, "");
    delete wrong.dataset.lost;
  } catch {
    live.classList.add("stale");
    if (!wrong.dataset.lost) say(wrong, "The sandbox doesn't answer. What you see is old.");
    wrong.dataset.lost = "yes";
  }
}

/**
 * Put in the sections that have changed; what is open stays open, and the focus where it was.
 * @param {string} html
 */
function replace(html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  for (const section of [...parsed.content.children]) {
    const text = section.outerHTML;
    if (section.id === "glance") version = /** @type {HTMLElement} */ (section).dataset.version ?? "";
    if (shown.get(section.id) === text) continue;
    shown.set(section.id, text);
    const old = document.getElementById(section.id);
    const focused = document.activeElement?.id;
    reopen(old, section);
    if (old) old.replaceWith(section);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

/** @param {HTMLElement | null} old @param {Element} section */
function reopen(old, section) {
  for (const details of old?.querySelectorAll("details[open]") ?? []) {
    const again = /** @type {HTMLDetailsElement | null} */ (section.querySelector(`#${CSS.escape(details.id)}`));
    if (!again) continue;
    again.open = true;
    const text = details.querySelector(":scope > pre")?.textContent;
    const pre = again.querySelector(":scope > pre");
    if (pre && text) pre.textContent = text;
  }
}

/**
 * Fetch what a row shows once it is opened.
 * @param {HTMLElement} details
 */
async function more(details) {
  const pre = details.querySelector(":scope > pre");
  if (!details.dataset.more || !pre || !(/** @type {HTMLDetailsElement} */ (details).open)) return;
  const answer = await fetch(`/_sandbox/${details.dataset.more}`);
  pre.textContent = answer.ok ? await answer.text() : "This is forgotten.";
}

/** @param {HTMLFormElement} form @param {string} verb */
async function send(form, verb) {
  const name = form.querySelector("button")?.innerText.replace(/\s+/g, " ") ?? verb;
  say(wrong, "");
  try {
    const body = JSON.stringify(fields(form));
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/_sandbox/${verb}`, { method: "POST", headers, body });
    const told = await answer.json();
    if (!answer.ok) say(wrong, told.error ?? `${name}: ${answer.status}`);
    else say(said, told.secret ? `New secret: ${told.secret}` : `Done: ${name}.`);
    await refresh();
  } catch (error) {
    say(wrong, `${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {HTMLFormElement} form @returns {Record<string, unknown>} What was filled in, typed. */
function fields(form) {
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
    const isNumber = field.type === "number" || "number" in field.dataset;
    body[name] = isNumber ? Number(value) : "json" in field.dataset ? JSON.parse(String(value)) : value;
  }
  return body;
}

/**
 * Show the fields that belong to the chosen kind; the others are not sent.
 * @param {HTMLSelectElement} select
 */
function choose(select) {
  for (const label of select.form?.querySelectorAll("[data-for]") ?? []) {
    const belongs = (/** @type {HTMLElement} */ (label).dataset.for ?? "").split(" ").includes(select.value);
    /** @type {HTMLElement} */ (label).hidden = !belongs;
    for (const field of label.querySelectorAll("input, select")) {
      /** @type {HTMLInputElement} */ (field).disabled = !belongs;
    }
  }
}

/** @param {HTMLElement} where @param {string} text */
function say(where, text) {
  where.textContent = text;
}

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}.`);
  return found;
}
