// How well a line carries a film: when to go down to what weak lines carry, and when back up. Times in seconds.

export const PATIENCE = 4; // of standing still, in all, within a while
const WHILE = 60;
const AMPLE = 2.5; // times what the original needs

/**
 * Whether to begin with little: the browser says that the line is slow or dear, or cannot play the original.
 * @param {{saveData?: boolean, effectiveType?: string}} line @param {boolean} playsOriginal
 */
export function beginsLight(line, playsOriginal) {
  return !playsOriginal || line.saveData === true || ["slow-2g", "2g", "3g"].includes(line.effectiveType ?? "");
}

/**
 * For how long the film stood still lately.
 * @param {{from: number, to: number}[]} stalls @param {number} now
 */
export function stoodStill(stalls, now) {
  return stalls.reduce((sum, one) => sum + Math.max(0, one.to - Math.max(one.from, now - WHILE)), 0);
}

/** Whether a line carries the original. @param {number} line bits a second @param {number} needed bits a second */
export function isAmple(line, needed) {
  return line >= AMPLE * needed;
}
