import assert from "node:assert/strict";
import test from "node:test";
import { sopClassIn, standsAlone } from "../../../static/js/lib/dicom-kind.js";

const ECG = "1.2.840.10008.5.1.4.1.1.9.1.1";
const FILM = "1.2.840.10008.5.1.4.1.1.1";

/** @param {string} text */
const bytes = (text) => [...text].map((letter) => letter.charCodeAt(0));
/** @param {number} number */
const short = (number) => [number & 255, number >> 8];

/** A meta header as files have it: its length, its version, then the class. @param {string} sopClass */
function file(sopClass) {
  const length = [2, 0, 0, 0, ...bytes("UL"), ...short(4), 90, 0, 0, 0];
  const version = [2, 0, 1, 0, ...bytes("OB"), 0, 0, 2, 0, 0, 0, 0, 1];
  const kind = [2, 0, 2, 0, ...bytes("UI"), ...short(sopClass.length + 1), ...bytes(sopClass), 0];
  return new Uint8Array([...new Array(128).fill(0), ...bytes("DICM"), ...length, ...version, ...kind, 8, 0, 5, 0]).buffer;
}

test("the meta header says what a DICOM file is", () => {
  assert.equal(sopClassIn(file(ECG)), ECG);
  assert.equal(sopClassIn(file(FILM)), FILM);
});

test("what is no DICOM file, or breaks off, has no class", () => {
  assert.equal(sopClassIn(new Uint8Array(bytes("%PDF-1.7")).buffer), null);
  assert.equal(sopClassIn(new ArrayBuffer(0)), null);
  assert.equal(sopClassIn(file(FILM).slice(0, 150)), "");
});

test("an ECG stands alone, a picture may be one of a series", () => {
  assert.equal(standsAlone(ECG), true);
  assert.equal(standsAlone(FILM), false);
});
