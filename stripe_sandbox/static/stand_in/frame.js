// @ts-check
/** @import {FrameAnswer, FromFrame, ToFrame} from '../surface' */
import {ORIGIN} from './api.js';
import {IntegrationError} from './errors.js';

/** A frame of the sandbox's inside the page: messages to it, calls that it answers, and what it
 * says by itself. Nobody else is listened to. */
export class Frame {
  /** @param {string} path @param {string} title @param {(said: FromFrame) => void} heard */
  constructor(path, title, heard) {
    /** @type {Map<number, (answer: FrameAnswer) => void>} */
    this.calls = new Map();
    this.lastCall = 0;
    this.node = document.createElement('iframe');
    this.node.src = ORIGIN + path;
    this.node.title = title;
    this.node.style.border = '0';
    /** @param {MessageEvent<FromFrame>} message */
    this.receive = ({origin, source, data}) => {
      if (origin !== ORIGIN || source !== this.node.contentWindow) return;
      if (data.type === 'answer') this.answer(data.call, data.answer);
      else heard(data);
    };
    addEventListener('message', this.receive);
  }

  remove() {
    removeEventListener('message', this.receive);
    this.node.remove();
    const error = {type: /** @type {const} */ ('api_error'), message: 'The Element is gone.'};
    for (const call of [...this.calls.keys()]) this.answer(call, {error});
  }

  /** @param {ToFrame} message */
  send(message) {
    // Options come from the page and may hold what can't be cloned; JSON leaves that behind.
    this.node.contentWindow?.postMessage(JSON.parse(JSON.stringify(message)), ORIGIN);
  }

  /** Resolves to the frame's answer; rejects where the page has made a mistake.
   * @param {{type: 'submit'} | {type: 'confirm', clientSecret: string, params: object}} what
   * @returns {Promise<FrameAnswer>} */
  async call(what) {
    const call = ++this.lastCall;
    /** @type {FrameAnswer} */
    const answer = await new Promise((resolve) => {
      this.calls.set(call, resolve);
      this.send(/** @type {ToFrame} */ ({...what, call}));
    });
    if (answer.misuse) throw new IntegrationError(answer.misuse);
    return answer;
  }

  /** @param {number} call @param {FrameAnswer} answer */
  answer(call, answer) {
    this.calls.get(call)?.(answer);
    this.calls.delete(call);
  }
}
