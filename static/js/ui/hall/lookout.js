// Whether the page is looked at: attendance counts the time that it is. A glance elsewhere is none.

import { newId } from "../../net/tab.js";

const GLANCE = 5000; // ms

export class Lookout {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  #turned = () => this.#turn();

  /** @param {(name: string, payload: object) => void} hint @param {() => boolean} watched whether it matters for this person now */
  constructor(hint, watched) {
    this.hint = hint;
    this.watched = watched;
  }

  connect() {
    document.addEventListener("visibilitychange", this.#turned);
  }

  disconnect() {
    clearTimeout(this.#later);
    document.removeEventListener("visibilitychange", this.#turned);
  }

  /** How it is now: after every join, for what was said before may have been lost. */
  say() {
    this.hint("look", { key: newId(), away: document.hidden && this.watched() });
  }

  #turn() {
    clearTimeout(this.#later);
    if (document.hidden) this.#later = setTimeout(() => this.say(), GLANCE);
    else this.say();
  }
}
