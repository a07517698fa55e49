// One save of a form, and what became of it.
import { keptData } from "./kept-data.js";

const PATIENCE = 10_000; // ms

/**
 * @typedef {{kind: "saved", version: string, at: Date} | {kind: "moved"} | {kind: "away"} | {kind: "locked"} | {kind: "refused", says: string, errors: Record<string, string>}} Outcome
 *   moved: somewhere else it was changed meanwhile; away: nobody answered; locked: who types has to prove themselves; refused: the server will not take it, and why
 */

/**
 * Sent as the form itself would be, without files, passwords and its key for "once only": a save may be repeated.
 * @param {HTMLFormElement} form
 * @returns {Promise<Outcome>} the answer of the server is JSON {version}
 */
export async function save(form) {
  const body = new URLSearchParams();
  for (const [name, value] of keptData(form)) {
    if (typeof value === "string" && name !== "idempotency_key") body.append(name, value);
  }
  const method = form.dataset.autosaveMethod ?? "POST";
  const headers = { Accept: "application/json", "X-CSRF": body.get("csrf") ?? "" };
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    return await outcomeOf(await fetch(form.dataset.autosave ?? "", { method, body, headers, signal }));
  } catch {
    return { kind: "away" };
  }
}

/** @param {Response} response */
async function outcomeOf(response) {
  const told = await response.json().catch(() => ({}));
  if (response.ok) return /** @type {Outcome} */ ({ kind: "saved", version: String(told.version ?? ""), at: new Date() });
  if (response.status === 401) return /** @type {Outcome} */ ({ kind: "locked" });
  if (response.status === 409) return /** @type {Outcome} */ ({ kind: "moved" });
  if (response.status >= 500 || response.status === 429) return /** @type {Outcome} */ ({ kind: "away" });
  return /** @type {Outcome} */ ({ kind: "refused", says: firstSentence(told, response), errors: told.errors ?? {} });
}

/**
 * @param {any} told RFC 9457
 * @param {Response} response
 */
function firstSentence(told, response) {
  return Object.values(told.errors ?? {})[0] ?? told.detail ?? String(response.status);
}
