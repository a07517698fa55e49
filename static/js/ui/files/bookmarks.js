// Where an upload is to go on after a reload: an address by a sum over the file, never a name. Signing out takes them away.
import { Sha256 } from "./sha256.js";

/** @typedef {import("tus-js-client").PreviousUpload} PreviousUpload */

const PREFIX = "lianzhen:upload:";

/**
 * @param {File} file
 * @param {string} subject
 * @param {string} person
 */
export function fingerprintOf(file, subject, person) {
  const summed = new Sha256();
  summed.update(new TextEncoder().encode([person, subject, file.name, file.size, file.lastModified].join("\n")));
  return summed.hex().slice(0, 40);
}

/** @implements {Pick<import("tus-js-client").UploadOptions, never>} */
export class Bookmarks {
  /** @param {Storage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @returns {Promise<PreviousUpload[]>} */
  async findAllUploads() {
    const keys = Object.keys(this.storage).filter((key) => key.startsWith(PREFIX));
    return keys.map((key) => this.#read(key)).filter((found) => found !== null);
  }

  /**
   * @param {string} fingerprint
   * @returns {Promise<PreviousUpload[]>}
   */
  async findUploadsByFingerprint(fingerprint) {
    const found = this.#read(PREFIX + fingerprint);
    return found ? [found] : [];
  }

  /** @param {string} key */
  async removeUpload(key) {
    this.storage.removeItem(key);
  }

  /**
   * @param {string} fingerprint
   * @param {PreviousUpload} upload
   */
  async addUpload(fingerprint, { size, creationTime, uploadUrl }) {
    const key = PREFIX + fingerprint;
    this.storage.setItem(key, JSON.stringify({ size, creationTime, uploadUrl }));
    return key;
  }

  /**
   * @param {string} key
   * @returns {PreviousUpload | null}
   */
  #read(key) {
    try {
      const kept = JSON.parse(this.storage.getItem(key) ?? "null");
      return kept && { ...kept, metadata: {}, parallelUploadUrls: null, urlStorageKey: key };
    } catch {
      return null;
    }
  }
}

/** On a shared computer nothing of one person's uploads is left to the next. @param {Storage} storage */
export function forgetBookmarks(storage) {
  for (const key of Object.keys(storage)) if (key.startsWith(PREFIX)) storage.removeItem(key);
}
