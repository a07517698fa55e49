// The room's keys.

/** @typedef {"microphone" | "camera" | "screen" | "chat" | "hand" | "full" | "keys"} Action */

/** @type {Record<string, Action>} */
export const KEYS = { m: "microphone", v: "camera", s: "screen", c: "chat", h: "hand", f: "full", "?": "keys" };

/**
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat: boolean}} press
 * @param {boolean} writing the reader is in a field: letters are text there
 * @returns {Action | null}
 */
export function actionOf(press, writing) {
  if (writing || press.ctrlKey || press.metaKey || press.altKey || press.repeat) return null;
  return KEYS[press.key.toLowerCase()] ?? null;
}
