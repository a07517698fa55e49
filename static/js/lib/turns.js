// What waits to be fetched, by address. One fetch of an address at a time: of two at once the older answer could come last.

export class Turns {
  /** @type {Set<string>} */
  #waiting = new Set();
  /** @type {Set<string>} */
  #underway = new Set();

  /** @param {string} address asked for while its fetch is under way, it is fetched once more afterwards */
  want(address) {
    this.#waiting.add(address);
  }

  /** Whether anything may be fetched now. */
  get ready() {
    return [...this.#waiting].some((address) => !this.#underway.has(address));
  }

  /** @returns {string[]} what to fetch now; each is to be told `over` */
  take() {
    const taken = [...this.#waiting].filter((address) => !this.#underway.has(address));
    for (const address of taken) this.#waiting.delete(address), this.#underway.add(address);
    return taken;
  }

  /** @param {string} address */
  over(address) {
    this.#underway.delete(address);
  }
}
