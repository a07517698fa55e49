// Asking the server over HTTP: JSON both ways, the form token in a header, a refusal as a sentence (RFC 9457).

/** Header of what must not lead to another page: one is told to prove oneself, not taken to where one does. */
export const STAYS = "X-Stays";
const PATIENCE = 10_000; // ms

/** The server said no, and why. `says` is already in the reader's language. */
export class Refused extends Error {
  /** @param {{code: string, status: number, says: string, errors?: Record<string, string>}} refusal  errors: field → sentence */
  constructor({ code, status, says, errors = {} }) {
    super(says);
    this.code = code;
    this.status = status;
    this.says = says;
    this.errors = errors;
  }
}

/** Nobody answered: the line is down, or the server is. Trying again may help. */
export class Unreachable extends Error {}

/**
 * @param {string} address
 * @param {Record<string, any>} [body]
 * @returns {Promise<any>} raises Refused or Unreachable
 */
export async function post(address, body = {}) {
  return answerOf(
    await ask(address, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  );
}

/**
 * @param {string} address
 * @returns {Promise<any>} what is told there. Raises Refused or Unreachable
 */
export async function told(address) {
  return answerOf(await ask(address, {}));
}

/**
 * @param {string} address
 * @returns {Promise<Document>} a page's fragment; scripts in it never run. Raises Refused or Unreachable
 */
export async function fragment(address) {
  const response = await ask(address, { headers: { Accept: "text/html", "HX-Request": "true", [STAYS]: "1" } });
  if (!response.ok) throw await refusalOf(response);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/**
 * @param {string} address
 * @returns {Promise<boolean>} whether it is not handed out before one has proved who one is; its first byte is asked for
 */
export async function isRefusedUnproved(address) {
  const response = await ask(address, { headers: { Range: "bytes=0-0" } }).catch(() => null);
  void response?.body?.cancel();
  return response?.status === 401;
}

/**
 * @param {string} address
 * @param {RequestInit} request
 */
async function ask(address, request) {
  const headers = { Accept: "application/json", "X-CSRF": formToken(), ...request.headers };
  try {
    return await fetch(address, { ...request, headers, signal: AbortSignal.timeout(PATIENCE) });
  } catch (cause) {
    throw new Unreachable("unreachable", { cause });
  }
}

/** @param {Response} response */
async function answerOf(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  throw await refusalOf(response);
}

/** @param {Response} response */
async function refusalOf(response) {
  const told = await response.json().catch(() => ({}));
  if (response.status >= 502) return new Unreachable(String(response.status));
  return new Refused({ code: told.code ?? "failed", status: response.status, says: told.detail ?? response.statusText, errors: told.errors });
}

function formToken() {
  return document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "";
}
