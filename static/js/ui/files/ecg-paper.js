// Draws an ECG sheet on a canvas: the grid, the calibration pulses, the traces. Colours are those of real paper by day and night.
import { MARGIN, PULSE } from "./ecg-layout.js";

/** @typedef {import("./ecg-layout.js").Sheet} Sheet */
/** @typedef {import("./ecg-layout.js").Strip} Strip */
/** @typedef {{speed: number, gain: number, pixels: number}} Scale  mm/s, mm/mV, pixels a millimetre */

const PAPER = "#fffdfb";
const FINE = "#f6cfcb";
const COARSE = "#e39a94";
const INK = "#101418";
const GAP = -32768;

/**
 * @param {CanvasRenderingContext2D} context whose canvas is as large as the sheet
 * @param {Sheet} sheet
 * @param {Int16Array[]} leads microvolts
 * @param {Scale} scale
 * @param {string} legend speed, gain and filters, without which no trace may be read
 */
export function drawSheet(context, sheet, leads, scale, legend) {
  const { pixels } = scale;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = PAPER;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  drawGrid(context, sheet, pixels);
  context.strokeStyle = INK;
  context.fillStyle = INK;
  context.lineJoin = "round";
  context.lineWidth = Math.max(1, 0.28 * pixels);
  for (const strip of sheet.strips) {
    if (strip.begins) drawPulse(context, strip, scale);
    drawLabel(context, strip, scale);
    drawTrace(context, strip, leads[strip.lead], scale);
  }
  context.font = `${Math.max(9, 3 * pixels)}px system-ui, sans-serif`;
  context.fillText(legend, (MARGIN + 1) * pixels, (sheet.height - 1.5) * pixels);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Sheet} sheet
 * @param {number} pixels
 */
function drawGrid(context, { width, height }, pixels) {
  // millimetre lines vanish into a haze when they come closer than three pixels
  if (pixels >= 2.4) rule(context, width, height, 1, pixels, FINE, Math.max(0.5, 0.06 * pixels));
  rule(context, width, height, 5, pixels, COARSE, Math.max(0.8, 0.12 * pixels));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {number} every mm
 * @param {number} pixels
 * @param {string} colour
 * @param {number} line
 */
function rule(context, width, height, every, pixels, colour, line) {
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.beginPath();
  for (let x = MARGIN % every; x <= width; x += every) (context.moveTo(x * pixels, 0), context.lineTo(x * pixels, height * pixels));
  for (let y = MARGIN % every; y <= height; y += every) (context.moveTo(0, y * pixels), context.lineTo(width * pixels, y * pixels));
  context.stroke();
}

/**
 * One millivolt for a fifth of a second.
 * @param {CanvasRenderingContext2D} context
 * @param {Strip} strip
 * @param {Scale} scale
 */
function drawPulse(context, strip, { speed, gain, pixels }) {
  const wide = Math.min(PULSE - 2, 0.2 * speed);
  const left = strip.x - PULSE + 1;
  const side = (PULSE - 1 - wide) / 2;
  const points = [[left, 0], [left + side, 0], [left + side, gain], [left + side + wide, gain], [left + side + wide, 0], [strip.x, 0]];
  context.beginPath();
  for (const [x, up] of points) context.lineTo(x * pixels, (strip.y - up) * pixels);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Strip} strip
 * @param {Scale} scale
 */
function drawLabel(context, strip, { pixels }) {
  context.font = `600 ${Math.max(10, 3.4 * pixels)}px system-ui, sans-serif`;
  const top = (strip.y - 9.5) * pixels;
  context.fillText(strip.label, (strip.x + 1) * pixels, Math.max(top, 10));
  if (strip.begins) return;
  context.beginPath(); // where one lead ends and the next begins
  context.moveTo(strip.x * pixels, (strip.y - 3) * pixels);
  context.lineTo(strip.x * pixels, (strip.y + 3) * pixels);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Strip} strip
 * @param {Int16Array} samples
 * @param {Scale} scale
 */
function drawTrace(context, strip, samples, { gain, pixels }) {
  const step = strip.width / Math.max(1, strip.to - strip.from - 1);
  const high = gain / 1000;
  let pen = false;
  context.save();
  context.beginPath();
  context.rect(strip.x * pixels, 0, strip.width * pixels, context.canvas.height);
  context.clip();
  context.beginPath();
  for (let i = strip.from; i < strip.to; i++) {
    const value = samples[i];
    const isGap = value === GAP;
    if (!isGap) {
      const x = (strip.x + (i - strip.from) * step) * pixels;
      const y = (strip.y - value * high) * pixels;
      if (pen) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    pen = !isGap;
  }
  context.stroke();
  context.restore();
}
