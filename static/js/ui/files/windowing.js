// From stored values to grey: the window of PS3.3 C.11.2.1.2, as a table over all 65,536 values.

/** @typedef {{name: string, center: number, width: number, shape: "LINEAR" | "LINEAR_EXACT" | "SIGMOID"}} Window */
/** @typedef {{slope: number, intercept: number, photometric: string, format: string}} Scale */

/** Windows of CT in Hounsfield units, as they are called here. */
export const CT_WINDOWS = [
  { name: "肺窗", center: -600, width: 1500 },
  { name: "纵隔窗", center: 40, width: 400 },
  { name: "骨窗", center: 400, width: 1800 },
  { name: "脑窗", center: 40, width: 80 },
  { name: "腹窗", center: 50, width: 350 },
  { name: "卒中窗", center: 35, width: 30 },
].map((window) => ({ ...window, shape: /** @type {const} */ ("LINEAR") }));

/**
 * @param {number} value in modality units
 * @param {Window} window
 * @returns {number} 0 (black) to 1 (white)
 */
export function grey(value, { center, width, shape }) {
  if (shape === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  const exact = shape === "LINEAR_EXACT" || width <= 1;
  const middle = exact ? center : center - 0.5;
  const span = exact ? width : width - 1;
  if (value <= middle - span / 2) return 0;
  if (value > middle + span / 2) return 1;
  return (value - middle) / span + 0.5;
}

/**
 * MONOCHROME1 shows its lowest value white; `inverted` turns that about once more.
 * @param {Scale} scale
 * @param {Window} window
 * @param {boolean} inverted
 * @returns {Uint8Array} grey by the 16 (or 8) bits of the stored value, signed ones by their two's complement
 */
export function greyTable({ slope, intercept, photometric, format }, window, inverted) {
  const table = new Uint8Array(format === "u8" ? 256 : 65536);
  const flip = (photometric === "MONOCHROME1") !== inverted;
  for (let bits = 0; bits < table.length; bits++) {
    const stored = format === "i16" && bits > 32767 ? bits - 65536 : bits;
    const bright = grey(stored * slope + intercept, window);
    table[bits] = Math.round(255 * (flip ? 1 - bright : bright));
  }
  return table;
}

/**
 * @param {Uint8Array | Uint16Array} values stored bits
 * @param {Uint8Array} table
 * @param {Uint32Array} pixels RGBA, filled
 */
export function paint(values, table, pixels) {
  const colours = new Uint32Array(table.length);
  for (let bits = 0; bits < table.length; bits++) colours[bits] = 0xff000000 | (table[bits] * 0x010101);
  for (let i = 0; i < values.length; i++) pixels[i] = colours[values[i]];
}

/**
 * A window after a drag: right widens, down brightens, by a share of what the picture holds.
 * @param {Window} window
 * @param {number} dx pixels
 * @param {number} dy
 * @param {number} range modality units from the darkest to the brightest of interest
 * @returns {Window}
 */
export function dragged(window, dx, dy, range) {
  const step = Math.max(range / 600, 0.01);
  return { ...window, name: "", width: Math.max(window.width + dx * step, step), center: window.center - dy * step };
}
