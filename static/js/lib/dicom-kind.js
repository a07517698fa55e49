// What a DICOM file is, from its meta header alone (PS3.10 7.1: always explicit VR, little endian).

const FIRST = 132; // after the preamble and DICM
const LONG_VRS = new Set(["OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UC", "UN", "UR", "UT"]);
const STORAGE = "1.2.840.10008.5.1.4.1.1.";
const ALONE = [`${STORAGE}9.`, `${STORAGE}104.`, `${STORAGE}88.`]; // waveforms, enclosed documents, structured reports

/** Enough of a file's beginning to tell. */
export const HEAD = 1024;

/**
 * @param {ArrayBuffer} head
 * @returns {string | null} the SOP class; "" when the header does not say, null when it is no DICOM file
 */
export function sopClassIn(head) {
  if (textAt(head, FIRST - 4, 4) !== "DICM") return null;
  const view = new DataView(head);
  for (let at = FIRST; at + 12 <= head.byteLength && view.getUint16(at, true) === 2; ) {
    const long = LONG_VRS.has(textAt(head, at + 4, 2));
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const value = at + (long ? 12 : 8);
    if (view.getUint16(at + 2, true) === 2) return textAt(head, value, length).replace(/[\0 ]+$/, "");
    at = value + length;
  }
  return "";
}

/** @param {string} sopClass an ECG or a report makes sense by itself; pictures may be one series */
export function standsAlone(sopClass) {
  return ALONE.some((beginning) => sopClass.startsWith(beginning));
}

/**
 * @param {ArrayBuffer} head
 * @param {number} at
 * @param {number} length
 */
function textAt(head, at, length) {
  return String.fromCharCode(...new Uint8Array(head.slice(at, at + length)));
}
