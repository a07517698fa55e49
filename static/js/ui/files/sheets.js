// A file as single sheets to be drawn one at a time: a PDF's pages, a photo, the frames of DICOM, ten seconds of an ECG.
import { openPdf } from "./pdf.js";
import { derived, fetched, Gone } from "./mount.js";

/** @typedef {(id: string, signal: AbortSignal) => Promise<Sheets>} Opening  raises Gone for a file of another kind */

/**
 * @typedef {object} Sheets
 * @property {number} count
 * @property {(number: number, canvas: HTMLCanvasElement, box: {width: number, height: number}) => Promise<void>} draw
 *   sheet `number` from 1, as large as fits into `box` (CSS pixels); the canvas is given that size
 */

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Sheets>} raises Gone, or an Error
 */
export async function openSheets(id, signal) {
  for (const opening of OPENINGS) {
    try {
      return await opening(id, signal);
    } catch (trouble) {
      if (!(trouble instanceof Gone)) throw trouble;
    }
  }
  throw new Gone(id);
}

/** What only some lessons show is loaded when it is. @type {Opening[]} */
const OPENINGS = [
  pdfSheets,
  pictureSheet,
  async (id, signal) => (await import("./dicom-sheets.js")).dicomSheets(id, signal),
  async (id, signal) => (await import("./ecg-sheets.js")).ecgSheets(id, signal),
];

/** @type {Opening} */
async function pdfSheets(id, signal) {
  const pdf = await openPdf(id, signal);
  return {
    count: pdf.numPages,
    draw: async (number, canvas, box) => {
      const page = await pdf.getPage(number);
      const natural = page.getViewport({ scale: 1 });
      const dense = fit(canvas, natural, box);
      await page.render({ canvas, viewport: page.getViewport({ scale: dense }) }).promise;
    },
  };
}

/** @type {Opening} */
async function pictureSheet(id, signal) {
  const picture = await createImageBitmap(await (await fetched(derived(id, "preview"), signal)).blob());
  return {
    count: 1,
    draw: async (_, canvas, box) => {
      fit(canvas, picture, box);
      canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    },
  };
}

/**
 * Gives the canvas the size of what is drawn, as large as it goes.
 * @param {HTMLCanvasElement} canvas
 * @param {{width: number, height: number}} natural
 * @param {{width: number, height: number}} box
 * @returns {number} canvas pixels a natural one
 */
export function fit(canvas, natural, box) {
  const scale = Math.min(box.width / natural.width, box.height / natural.height);
  const dense = scale * Math.min(devicePixelRatio, 2);
  canvas.width = Math.floor(natural.width * dense);
  canvas.height = Math.floor(natural.height * dense);
  canvas.style.width = `${natural.width * scale}px`;
  canvas.style.height = `${natural.height * scale}px`;
  return dense;
}
