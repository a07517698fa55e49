// What the page says. Chinese is written in the code; another language comes with the page as a catalogue.

/** @typedef {Record<string, string>} Catalogue  msgid (Chinese) → translation */
/** @typedef {Record<string, string | number>} Vars  values of the %(name)s places */

/** @type {Catalogue | undefined} */
let spoken;

/**
 * The sentence in the reader's language, its `%(name)s` places filled.
 * @param {string} msgid the Chinese sentence
 * @param {Vars} [vars]
 * @returns {string}
 */
export function t(msgid, vars = {}) {
  spoken ??= readCatalogue();
  return fill(spoken[msgid] || msgid, vars);
}

/**
 * @param {string} sentence
 * @param {Vars} vars
 * @returns {string} an unknown place stays as it is written, so that a mistake is seen
 */
export function fill(sentence, vars) {
  return sentence.replace(/%\((\w+)\)s/g, (place, name) => (name in vars ? String(vars[name]) : place));
}

/** The catalogue lies in the page as `<script type="application/json" id="words">`; a Chinese page has none. */
function readCatalogue() {
  const found = globalThis.document?.getElementById("words");
  return /** @type {Catalogue} */ (found?.textContent ? JSON.parse(found.textContent) : {});
}
