// An ECG on its paper: which lead lies where, in millimetres. Pure.

/** @typedef {{sample_rate: number, leads: string[], samples: number}} Record */
/** @typedef {{lead: number, label: string, x: number, y: number, width: number, from: number, to: number, begins: boolean}} Strip
 *   x, width: mm from the left; y: mm of the zero line; from, to: samples; begins: a calibration pulse stands before it */
/** @typedef {{width: number, height: number, strips: Strip[], rows: number[]}} Sheet  rows: zero lines, in mm */
/** @typedef {"3x4" | "6x2" | "12x1"} Layout */

export const SPEEDS = [25, 50]; // mm a second
export const GAINS = [5, 10, 20]; // mm a millivolt
export const PULSE = 8; // mm before the first strip of a row, for the calibration pulse
export const MARGIN = 3;
const ORDER = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
const SECONDS = { "3x4": 10, "6x2": 10, "12x1": 10 };
const COLUMNS = { "3x4": 4, "6x2": 2, "12x1": 1 };
const ROWS = { "3x4": 3, "6x2": 6, "12x1": 12 };

/**
 * @param {string[]} leads of the record
 * @returns {number[]} the twelve in their order, as places in the record; all there are when some are missing
 */
export function ordered(leads) {
  const found = ORDER.map((name) => leads.findIndex((lead) => lead.toLowerCase() === name.toLowerCase()));
  if (found.every((place) => place >= 0)) return found;
  return leads.map((_, place) => place);
}

/**
 * @param {string[]} leads
 * @returns {Layout[]} what can be drawn of them, the usual first
 */
export function layoutsFor(leads) {
  return ordered(leads).length === 12 && leads.includes("II") ? ["3x4", "6x2", "12x1"] : ["12x1"];
}

/**
 * @param {Record} record
 * @param {{layout: Layout, speed: number, gain: number, start: number}} way speed: mm/s, gain: mm/mV, start: seconds
 * @returns {Sheet}
 */
export function sheetOf(record, { layout, speed, gain, start }) {
  const leads = ordered(record.leads);
  const perRow = leads.length === 12 ? COLUMNS[layout] : 1;
  const count = leads.length === 12 ? ROWS[layout] : leads.length;
  const left = Math.min(SECONDS[layout], record.samples / record.sample_rate - start);
  const height = rowHeight(count, gain);
  /** @type {Strip[]} */
  const strips = [];
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < perRow; column++) {
      const span = left / perRow;
      strips.push(strip(record, leads[column * count + row], row, start + column * span, span, { speed, height, at: column }));
    }
  }
  if (layout === "3x4" && leads.length === 12) {
    strips.push(strip(record, leads[1], count, start, left, { speed, height, at: 0 }));
  }
  const rows = [...new Set(strips.map(({ y }) => y))];
  return { width: 2 * MARGIN + PULSE + left * speed, height: 2 * MARGIN + rows.length * height, strips, rows };
}

/**
 * Rows stand closer the more there are; at a high gain they stand apart.
 * @param {number} rows
 * @param {number} gain
 */
function rowHeight(rows, gain) {
  const base = rows > 6 ? 17 : rows > 4 ? 22 : 30;
  return base * Math.max(1, gain / 10) ** 0.5;
}

/**
 * @param {Record} record
 * @param {number} lead
 * @param {number} row
 * @param {number} from seconds
 * @param {number} seconds
 * @param {{speed: number, height: number, at: number}} place
 * @returns {Strip}
 */
function strip(record, lead, row, from, seconds, { speed, height, at }) {
  const first = Math.round(from * record.sample_rate);
  return {
    lead,
    label: record.leads[lead],
    x: MARGIN + PULSE + at * seconds * speed,
    y: MARGIN + (row + 0.55) * height,
    width: seconds * speed,
    from: first,
    to: Math.min(record.samples, first + Math.round(seconds * record.sample_rate) + 1),
    begins: at === 0,
  };
}

/**
 * What two points of the paper are apart.
 * @param {{x: number, y: number}} one mm
 * @param {{x: number, y: number}} other
 * @param {{speed: number, gain: number}} way
 * @returns {{ms: number, mv: number, rate: number | null}} rate: beats a minute if one such interval is one beat
 */
export function measured(one, other, { speed, gain }) {
  const ms = (Math.abs(other.x - one.x) / speed) * 1000;
  return { ms, mv: (one.y - other.y) / gain, rate: ms >= 150 ? 60000 / ms : null };
}
