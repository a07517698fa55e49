// Names nobody else has. crypto.randomUUID would do, but is missing where the page is not secure, and such a page
// has to work well enough to say so.

/**
 * @param {Uint8Array} random 16 random bytes
 * @returns {string} 32 characters of 0-9a-f
 */
export function idOf(random) {
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
