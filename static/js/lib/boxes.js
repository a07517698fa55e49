// Boxes that cover parts of a picture: left, top, width and height, each as a part of the picture's own.

/** @typedef {[number, number, number, number]} Box */
/** @typedef {{x: number, y: number}} Point also parts of the picture */

const LEAST = 0.008; // anything smaller was a slip of the finger
const DIGITS = 4;

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {number[]} values @returns {Box} */
const rounded = (values) => /** @type {Box} */ (values.map((value) => Number(value.toFixed(DIGITS))));

/**
 * @param {Point} from
 * @param {Point} to
 * @returns {Box} the box between two corners, whichever they are
 */
export function between(from, to) {
  const [left, right] = [from.x, to.x].map((x) => within(x, 0, 1)).sort((a, b) => a - b);
  const [top, bottom] = [from.y, to.y].map((y) => within(y, 0, 1)).sort((a, b) => a - b);
  return rounded([left, top, right - left, bottom - top]);
}

/** @param {Box} box */
export const isSlip = ([, , width, height]) => width < LEAST || height < LEAST;

/**
 * @param {Box} box
 * @param {number} right
 * @param {number} down
 * @returns {Box} of the same size, kept inside the picture
 */
export function moved([left, top, width, height], right, down) {
  return rounded([within(left + right, 0, 1 - width), within(top + down, 0, 1 - height), width, height]);
}

/**
 * @param {Box} box
 * @param {number} wider
 * @param {number} higher
 * @returns {Box} its left upper corner stays
 */
export function resized([left, top, width, height], wider, higher) {
  return rounded([left, top, within(width + wider, LEAST, 1 - left), within(height + higher, LEAST, 1 - top)]);
}
