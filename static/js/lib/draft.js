// What is typed and not yet on the server: the copy kept in this browser, and how it meets what the server has.

/** @typedef {Record<string, string[]>} Fields  every value of every name of a form */
/** @typedef {{fields: Fields, base: string, at: string}} Copy  base: version it was typed on; at: ISO 8601 */

const KEPT_FOR = 7 * 86_400_000; // ms; a computer of the ward is used by many
const NEVER_KEPT = new Set(["csrf", "idempotency_key", "version"]);
const PREFIX = "draft:";

/**
 * @param {string} person
 * @param {string} address where the form is saved
 */
export function draftKey(person, address) {
  return `${PREFIX}${person}:${address}`;
}

/** @param {string} key */
export function isDraftKey(key) {
  return key.startsWith(PREFIX);
}

/**
 * @param {Iterable<[string, unknown]>} pairs of a FormData; files and the form's own marks are left out
 * @returns {Fields}
 */
export function fieldsOf(pairs) {
  /** @type {Fields} */
  const fields = {};
  for (const [name, value] of pairs) {
    if (typeof value === "string" && !NEVER_KEPT.has(name)) (fields[name] ??= []).push(value.replace(/\r\n?/g, "\n"));
  }
  return fields;
}

/**
 * @param {Fields} mine
 * @param {Fields} theirs
 * @returns {string[]} names whose values are not the same; nothing typed and not there are the same
 */
export function differing(mine, theirs) {
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  return [...names].filter((name) => flat(mine[name]) !== flat(theirs[name]));
}

/** @param {string[] | undefined} values */
function flat(values) {
  const typed = (values ?? []).filter((value) => value !== "");
  return JSON.stringify(typed);
}

/** @param {Copy} copy */
export function pack(copy) {
  return JSON.stringify(copy);
}

/**
 * @param {string | null} stored
 * @param {number} now ms
 * @returns {Copy | null} null for none, for one too old, and for anything unreadable
 */
export function unpack(stored, now) {
  try {
    const copy = JSON.parse(stored ?? "null");
    return isCopy(copy) && now - Date.parse(copy.at) < KEPT_FOR ? copy : null;
  } catch {
    return null;
  }
}

/** @param {any} copy */
function isCopy(copy) {
  const fields = copy?.fields;
  if (!fields || typeof fields !== "object" || typeof copy.base !== "string" || Number.isNaN(Date.parse(copy.at))) return false;
  return Object.values(fields).every((values) => Array.isArray(values) && values.every((one) => typeof one === "string"));
}

/**
 * @param {Copy} copy
 * @param {Fields} fields the form as the server sent it
 * @param {string} version
 * @returns {"same" | "restore" | "both"} both: the server's has moved on meanwhile, and a person has to choose
 */
export function meeting(copy, fields, version) {
  if (differing(copy.fields, fields).length === 0) return "same";
  return copy.base === version ? "restore" : "both";
}
