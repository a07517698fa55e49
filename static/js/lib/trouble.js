// Why a camera or microphone does not open, and the one thing to do about it.

/** @typedef {"insecure" | "refused" | "taken" | "unplugged"} Trouble */
/** @typedef {"audio" | "video"} Sense */

/**
 * @param {{secure: boolean, supported: boolean, error?: {name: string}}} seen
 * @returns {Trouble | null} null: nothing is wrong
 */
export function troubleOf({ secure, supported, error }) {
  if (!secure || !supported) return "insecure";
  if (!error) return null;
  if (["NotAllowedError", "SecurityError", "PermissionDeniedError"].includes(error.name)) return "refused";
  if (["NotReadableError", "AbortError", "TrackStartError"].includes(error.name)) return "taken";
  return "unplugged";
}

/**
 * The device to open: the one used before while it is still there, else whichever the browser takes first.
 * @param {{deviceId: string, kind: string}[]} present
 * @param {"audioinput" | "videoinput" | "audiooutput"} kind
 * @param {string | undefined} remembered
 * @returns {string | undefined}
 */
export function deviceToOpen(present, kind, remembered) {
  return present.some((device) => device.kind === kind && device.deviceId === remembered) ? remembered : undefined;
}

/**
 * Which browser's settings one has to be sent to.
 * @param {string} agent navigator.userAgent
 * @returns {"wechat" | "firefox" | "safari" | "chromium"}
 */
export function browserOf(agent) {
  if (/MicroMessenger/i.test(agent)) return "wechat";
  if (/Firefox\//.test(agent)) return "firefox";
  if (/Chrome\/|Chromium\/|Edg\/|CriOS\//.test(agent)) return "chromium";
  return "safari";
}
