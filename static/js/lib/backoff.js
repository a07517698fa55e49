// How long to wait before the next try. Full jitter: a thousand rooms cut at once do not come back in one second.

/** @typedef {{first: number, most: number}} Pace  milliseconds: the first ceiling, and the highest */

/** @type {Pace} */
export const REJOIN = { first: 1000, most: 2000 };

/**
 * @param {number} attempt 0 for the first try after the loss
 * @param {number} chance a random number in [0, 1)
 * @param {Pace} [pace]
 * @returns {number} milliseconds, anywhere between nothing and a ceiling that doubles
 */
export function delay(attempt, chance, pace = REJOIN) {
  const ceiling = Math.min(pace.most, pace.first * 2 ** Math.min(attempt, 20));
  return Math.floor(chance * ceiling);
}
