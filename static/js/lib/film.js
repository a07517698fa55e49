// Watching a recording: where one is among its chapters, what a key does, how often it is worth saying where one is.

export const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const STEP = 10; // seconds
const LEAD = 3; // seconds into a chapter within which "back" means the one before
const SAY_EVERY = 15; // seconds

/** @param {number[]} starts rising @param {number} at @returns {number} the chapter that plays; −1 before the first */
export function chapterAt(starts, at) {
  return starts.findLastIndex((start) => start <= at + 0.05);
}

/**
 * @param {string} key
 * @param {{at: number, seconds: number, starts: number[], speed: number}} film
 * @returns {{to?: number, speed?: number, deed?: "toggle" | "full"} | null}
 */
export function meaning(key, { at, seconds, starts, speed }) {
  const to = (/** @type {number} */ second) => ({ to: Math.min(Math.max(0, second), seconds) });
  const now = chapterAt(starts, at);
  switch (key) {
    case " ":
    case "k":
      return { deed: "toggle" };
    case "f":
      return { deed: "full" };
    case "ArrowLeft":
      return to(at - STEP);
    case "ArrowRight":
      return to(at + STEP);
    case "[":
      return to(starts[now >= 0 && at - starts[now] > LEAD ? now : now - 1] ?? 0);
    case "]":
      return now + 1 < starts.length ? to(starts[now + 1]) : null;
    case "-":
      return { speed: SPEEDS.findLast((one) => one < speed) ?? speed };
    case "+":
    case "=":
      return { speed: SPEEDS.find((one) => one > speed) ?? speed };
    default:
      return null;
  }
}

/**
 * Where to go on: not for who has hardly begun, nor for who has seen the end.
 * @param {number} position @param {number} seconds
 */
export function goesOnAt(position, seconds) {
  return position >= STEP && position < seconds - STEP ? position : 0;
}

/**
 * The moment that a link leads to (`#t=90`, as media fragments are written); null for none.
 * @param {string} hash @param {number} seconds
 */
export function askedFor(hash, seconds) {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
  return found ? Math.min(Number(found[1]), seconds) : null;
}

/** @param {number} at @param {number} said when it was said last @returns {boolean} */
export function worthSaying(at, said) {
  return Math.abs(at - said) >= SAY_EVERY;
}

/** @param {number} seconds @returns {string} 1:02:05, 12:31 */
export function clockOf(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
