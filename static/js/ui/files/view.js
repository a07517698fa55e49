// Where a picture lies on its stage: pure arithmetic of fitting, zooming about a point, panning, turning.

/** @typedef {{width: number, height: number}} Size  of the picture as it is meant to be seen, or of the stage */
/** @typedef {{zoom: number, x: number, y: number, turns: number}} View  zoom: stage pixels a picture pixel; x, y: where the
 *   picture's middle lies from the stage's; turns: quarter turns clockwise */
/** @typedef {{x: number, y: number}} Point  from the stage's middle */

export const MOST_ZOOM = 32;

/**
 * @param {Size} picture
 * @param {number} turns
 */
export function turned({ width, height }, turns) {
  return turns % 2 ? { width: height, height: width } : { width, height };
}

/**
 * All of the picture, as large as it goes.
 * @param {Size} picture
 * @param {Size} stage
 * @param {number} [turns]
 * @returns {View}
 */
export function fitted(picture, stage, turns = 0) {
  const seen = turned(picture, turns);
  return { zoom: Math.min(stage.width / seen.width, stage.height / seen.height) || 1, x: 0, y: 0, turns };
}

/**
 * Zooms by `factor` so that what lies under `at` stays there.
 * @param {View} view
 * @param {number} factor
 * @param {Point} at
 * @param {View} fit the view of the whole, below a quarter of which nothing is gained
 * @returns {View}
 */
export function zoomed(view, factor, at, fit) {
  const zoom = Math.min(MOST_ZOOM, Math.max(fit.zoom / 4, view.zoom * factor));
  const real = zoom / view.zoom;
  return { ...view, zoom, x: at.x + (view.x - at.x) * real, y: at.y + (view.y - at.y) * real };
}

/**
 * Moved, but never so far that nothing of the picture is left to see.
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 * @param {Size} picture
 * @param {Size} stage
 * @returns {View}
 */
export function panned(view, dx, dy, picture, stage) {
  const seen = turned(picture, view.turns);
  const limitX = (stage.width + seen.width * view.zoom) / 2 - 32;
  const limitY = (stage.height + seen.height * view.zoom) / 2 - 32;
  return { ...view, x: clamp(view.x + dx, limitX), y: clamp(view.y + dy, limitY) };
}

/**
 * @param {number} value
 * @param {number} limit
 */
function clamp(value, limit) {
  return Math.max(-limit, Math.min(limit, value));
}
