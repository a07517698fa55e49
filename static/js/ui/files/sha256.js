// SHA-256 (FIPS 180-4) of a file read piece by piece: crypto.subtle wants it whole, and is not there without https.

const K = roundConstants();
const PIECE = 1024 * 1024;

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
function roundConstants() {
  const constants = new Uint32Array(64);
  for (let found = 0, candidate = 2; found < 64; candidate++) {
    if (!isPrime(candidate)) continue;
    constants[found++] = ((Math.cbrt(candidate) % 1) * 2 ** 32) | 0;
  }
  return constants;
}

/** @param {number} candidate */
function isPrime(candidate) {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}

export class Sha256 {
  #state = new Uint32Array([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]);
  #words = new Uint32Array(64);
  #rest = new Uint8Array(64);
  #waiting = 0;
  #length = 0;

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this.#length += bytes.length;
    let at = 0;
    if (this.#waiting) {
      at = Math.min(64 - this.#waiting, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#waiting);
      this.#waiting += at;
      if (this.#waiting < 64) return;
      this.#block(this.#rest, 0);
    }
    for (; at + 64 <= bytes.length; at += 64) this.#block(bytes, at);
    this.#rest.set(bytes.subarray(at));
    this.#waiting = bytes.length - at;
  }

  /** @returns {string} 64 hexadecimal digits; nothing may be added afterwards */
  hex() {
    const length = this.#length;
    const padding = new Uint8Array(((119 - (length % 64)) % 64) + 9);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(padding.length - 4, (length << 3) >>> 0);
    this.update(padding);
    return [...this.#state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  #block(bytes, at) {
    const w = this.#words;
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    const sum = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) this.#state[i] += sum[i];
  }
}

/**
 * @param {Blob} file
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>} raises when the file cannot be read any more (moved, changed, card taken out)
 */
export async function sha256Of(file, signal) {
  const summed = new Sha256();
  for (let start = 0; start < file.size; start += PIECE) {
    signal?.throwIfAborted();
    summed.update(new Uint8Array(await file.slice(start, start + PIECE).arrayBuffer()));
  }
  return summed.hex();
}
