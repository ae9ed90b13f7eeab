// @ts-check
/** @import {FromFrame, ToFrame} from './surface' */

/** The 3-D Secure page inside a dialog of the shop's page: tells its height, and that it is over. */
const root = document.documentElement;
const PAGE = root.dataset.origin ?? '';

addEventListener('message', (/** @type {MessageEvent<ToFrame>} */ {source, origin, data}) => {
  if (source === parent && origin === PAGE && data.type === 'refuse') refuse();
});
addEventListener('keydown', ({key}) => key === 'Escape' && refuse());
tell({type: 'over' in root.dataset ? 'answered' : 'hello'});
new ResizeObserver(() => tell({type: 'height', height: Math.ceil(document.body.getBoundingClientRect().height)}))
  .observe(document.body);

function refuse() {
  /** @type {HTMLButtonElement | null} */ (document.querySelector('button[value="fail"]'))?.click();
}

/** @param {FromFrame} message */
function tell(message) {
  parent.postMessage(message, PAGE);
}
