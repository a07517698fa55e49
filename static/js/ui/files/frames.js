// The frames of a DICOM attachment: fetched in runs, restored, a few kept.

/** @typedef {import("./windowing.js").Window} Window */
/**
 * @typedef {object} Look
 * @property {string} series
 * @property {string} modality
 * @property {string} body_part
 * @property {string} laterality
 * @property {string} view
 * @property {number} rows
 * @property {number} cols
 * @property {number | null} frame_time ms
 * @property {"u8" | "u16" | "i16" | "jpeg"} format
 * @property {string} photometric
 * @property {number} slope
 * @property {number} intercept
 * @property {string} unit
 * @property {Window[]} windows
 * @property {[number, number] | null} spacing mm between rows, between columns
 */
/** @typedef {[look: number, frame: number, offset: number, length: number]} Place */
/** @typedef {{uid: string, number: number, modality: string, body_part: string, frames: Place[]}} Series */
/** @typedef {{looks: Look[], series: Series[]}} Album */
/** @typedef {Uint8Array | Uint16Array | ImageBitmap} Picture  stored bits, or colours */

const RUN = 1024 * 1024; // bytes of neighbours fetched together
const KEPT = 256 * 1024 * 1024;

/**
 * @param {Album} album
 * @returns {Place[][]} by series
 */
export function placesOf(album) {
  return album.series.map((series) => series.frames);
}

/**
 * Frames that lie behind one another from `at` on, as far as one request should go.
 * @param {Place[]} frames
 * @param {number} at
 * @param {(at: number) => boolean} isKept
 * @returns {number} how many
 */
export function runFrom(frames, at, isKept) {
  let count = 1;
  let bytes = frames[at][3];
  while (at + count < frames.length) {
    const [, , offset, length] = frames[at + count];
    const [, , before, size] = frames[at + count - 1];
    if (offset !== before + size || bytes + length > RUN || isKept(at + count)) break;
    bytes += length;
    count++;
  }
  return count;
}

/**
 * Undoes what makes 16-bit frames small: two planes, low bytes then high ones, of each value's zigzagged difference to its
 * left neighbour.
 * @param {Uint8Array} planes
 * @param {number} rows
 * @param {number} cols
 * @returns {Uint16Array} stored bits
 */
export function restored(planes, rows, cols) {
  const count = rows * cols;
  if (planes.length !== 2 * count) throw new Error("a frame of another size than its album says");
  const values = new Uint16Array(count);
  for (let i = 0; i < count; ) {
    let left = 0;
    for (const end = i + cols; i < end; i++) {
      const folded = planes[i] | (planes[count + i] << 8);
      left += (folded >>> 1) ^ -(folded & 1);
      values[i] = left;
    }
  }
  return values;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {Look} look
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Picture>}
 */
async function decoded(look, bytes) {
  if (look.format === "jpeg") return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  const plain = await inflated(bytes);
  return look.format === "u8" ? plain : restored(plain, look.rows, look.cols);
}

export class FrameShelf {
  /** @type {Map<string, Promise<Picture>>} */
  #kept = new Map();

  /**
   * @param {string} address of the frames
   * @param {Album} album
   * @param {AbortSignal} signal
   */
  constructor(address, album, signal) {
    this.address = address;
    this.album = album;
    this.signal = signal;
  }

  /**
   * @param {number} series
   * @param {number} at
   */
  lookOf(series, at) {
    return this.album.looks[this.album.series[series].frames[at][0]];
  }

  /**
   * @param {number} series
   * @param {number} at
   * @returns {Promise<Picture>}
   */
  picture(series, at) {
    const key = `${series}/${at}`;
    if (!this.#kept.has(key)) this.#fetchRun(series, at);
    const found = /** @type {Promise<Picture>} */ (this.#kept.get(key));
    this.#kept.delete(key);
    this.#kept.set(key, found); // used last
    this.#drop();
    return found;
  }

  /**
   * @param {number} series
   * @param {number} at
   */
  #fetchRun(series, at) {
    const frames = this.album.series[series].frames;
    const count = runFrom(frames, at, (other) => this.#kept.has(`${series}/${other}`));
    const first = frames[at][2];
    const last = frames[at + count - 1];
    const run = this.#range(first, last[2] + last[3]);
    for (let i = at; i < at + count; i++) {
      const [look, , offset, length] = frames[i];
      const key = `${series}/${i}`;
      const picture = run.then((bytes) => decoded(this.album.looks[look], bytes.slice(offset - first, offset - first + length)));
      picture.catch(() => this.#kept.delete(key)); // asked again next time
      this.#kept.set(key, picture);
    }
  }

  /**
   * @param {number} start
   * @param {number} stop
   */
  async #range(start, stop) {
    const response = await fetch(this.address, { headers: { Range: `bytes=${start}-${stop - 1}` }, signal: this.signal });
    if (response.status !== 206) throw new Error(`frames: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Those used longest ago go first. */
  #drop() {
    const { rows, cols } = this.album.looks[0];
    const most = Math.max(8, Math.floor(KEPT / (rows * cols * 4)));
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= most) return;
      this.#kept.delete(key);
    }
  }
}
