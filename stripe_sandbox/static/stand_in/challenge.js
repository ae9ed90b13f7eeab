// @ts-check
import {Frame} from './frame.js';

const ANSWER_TIMEOUT = 3000;

/** Whether the sandbox's page at this address may be shown inside the shop's. The sandbox has more
 * than one name, localhost and 127.0.0.1, so the address needn't begin as the script's did.
 * @param {string} url */
export function canStay(url) {
  return new URL(url).pathname.startsWith('/3d_secure/');
}

/** Shows the 3-D Secure challenge in a dialog over the page; resolves when it is answered. Escape
 * closes it, and answers with no.
 * @param {string} url @returns {Promise<void>} */
export async function challenge(url) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-label', '3-D Secure (Stripe sandbox)');
  Object.assign(dialog.style, {
    padding: '0', border: '0', borderRadius: '12px', overflow: 'auto',
    width: 'min(30rem, calc(100vw - 2rem))', boxShadow: '0 0 0 100vmax rgb(16 19 26 / 60%)',
  });
  await new Promise((resolve) => {
    const query = new URLSearchParams({origin: location.origin});
    const frame = new Frame(`${new URL(url).pathname}?${query}`, '3-D Secure', (said) => {
      if (said.type === 'height') frame.node.style.height = `${said.height}px`;
      if (said.type === 'hello' && !dialog.open) frame.send({type: 'refuse'});
      else if (said.type === 'hello') takeKeyboard(frame.node);
      if (said.type === 'answered') resolve(frame.remove());
    });
    Object.assign(frame.node.style, {display: 'block', width: '100%'});
    dialog.addEventListener('close', () => {
      frame.send({type: 'refuse'});
      setTimeout(resolve, ANSWER_TIMEOUT);
    });
    dialog.append(frame.node);
    document.body.append(dialog);
    dialog.showModal();
  });
  dialog.remove();
}

/** The dialog gave its frame the keyboard before there was a page in it, which has to be told.
 * @param {HTMLIFrameElement} frame */
function takeKeyboard(frame) {
  frame.blur();
  frame.focus();
}
