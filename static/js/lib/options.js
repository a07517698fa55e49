// A list that is offered while one types: which of it is marked, and what a server's answer has.

/** @typedef {{value: string, label: string, note?: string}} Option */

/**
 * @param {string} key
 * @param {number} at the marked option, -1 for none
 * @param {number} count
 * @returns {number | null} null when the key marks nothing
 */
export function markAfter(key, at, count) {
  if (count === 0) return null;
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return at <= 0 ? count - 1 : at - 1;
  return null;
}

/**
 * @param {any} told {options: [{value, label, note}]}
 * @returns {Option[]}
 */
export function optionsOf(told) {
  const list = Array.isArray(told?.options) ? told.options : [];
  return list.filter((/** @type {any} */ one) => typeof one?.value === "string" && typeof one?.label === "string");
}
