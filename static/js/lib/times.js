// Durations and hours as the room writes them.

/**
 * @param {number} ms
 * @returns {string} 00:12:31
 */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * How far the server's clock is ahead of this machine's: pages show the server's time, whatever the machine believes.
 * @param {number} sent this machine's ms when it asked
 * @param {number} received this machine's ms when the answer came
 * @param {string} serverTime ISO 8601, somewhere between the two
 * @returns {number} ms to add to this machine's clock
 */
export function clockOffset(sent, received, serverTime) {
  return Date.parse(serverTime) - (sent + received) / 2;
}

/**
 * @param {number} ends ms
 * @param {number} now ms
 * @returns {number | null} whole minutes left once ten or fewer remain; 0 when time is up
 */
export function minutesLeft(ends, now) {
  const minutes = Math.ceil((ends - now) / 60_000);
  return minutes <= 10 ? Math.max(0, minutes) : null;
}

/**
 * @param {string} iso
 * @param {string} [zone] IANA name; without it the reader's own
 * @returns {string} 14:30
 */
export function hour(iso, zone) {
  const shown = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone });
  return shown.format(new Date(iso));
}
