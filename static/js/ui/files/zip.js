// A folder as one file: a zip that stores without compressing, made of slices of the files, never whole in memory.

const PIECE = 1024 * 1024;
const TABLE = crcTable();
const UTF8 = 0x0800;
export const MOST_ENTRIES = 20_000;

/** @typedef {{path: string, file: Blob}} Entry */

function crcTable() {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
}

/**
 * @param {Uint8Array} bytes
 * @param {number} [before] of what came before
 */
export function crc32(bytes, before = 0) {
  let value = ~before;
  for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ TABLE[(value ^ bytes[i]) & 255];
  return ~value >>> 0;
}

/** @param {Blob} file */
async function crcOf(file) {
  let value = 0;
  for (let start = 0; start < file.size; start += PIECE) {
    value = crc32(new Uint8Array(await file.slice(start, start + PIECE).arrayBuffer()), value);
  }
  return value;
}

/**
 * @param {Entry[]} entries
 * @returns {Promise<Blob>}
 */
export async function zipOf(entries) {
  /** @type {BlobPart[]} */
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { path, file } of entries) {
    const name = new TextEncoder().encode(path);
    const crc = await crcOf(file);
    const head = fields([[4, 0x04034b50], ...common(crc, file.size, name.length)]);
    parts.push(head, name, file);
    directory.push(fields([[4, 0x02014b50], [2, 20], ...common(crc, file.size, name.length), [6, 0], [4, 0], [4, offset]]), name);
    offset += head.length + name.length + file.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = entries.length;
  const end = fields([[4, 0x06054b50], [4, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/**
 * Version needed, flags, method (stored), time and date, sum, both sizes, lengths of name and extra field.
 * @param {number} crc
 * @param {number} size
 * @param {number} nameLength
 * @returns {[number, number][]}
 */
function common(crc, size, nameLength) {
  return [[2, 20], [2, UTF8], [2, 0], [2, 0], [2, 0x21], [4, crc], [4, size], [4, size], [2, nameLength], [2, 0]];
}

/** @param {[number, number][]} pairs bytes and value, little-endian */
function fields(pairs) {
  const bytes = new Uint8Array(pairs.reduce((sum, [length]) => sum + length, 0));
  let at = 0;
  for (const [length, value] of pairs) {
    for (let i = 0; i < length; i++) bytes[at++] = i < 4 ? (value >>> (8 * i)) & 255 : 0;
  }
  return bytes;
}
