// What a person drops, pastes or picks becomes the files to send: folders and image series as one zip, phone photos as JPEG.
import { HEAD, sopClassIn, standsAlone } from "../../lib/dicom-kind.js";
import { t } from "../../lib/words.js";
import { MOST_ENTRIES, zipOf } from "./zip.js";

/** @typedef {import("./zip.js").Entry} Entry */

/**
 * Must be called while the drop event is being handled: its items are gone afterwards.
 * @param {DataTransfer} dropped
 * @returns {Promise<Entry[]>}
 */
export async function dropped(dropped) {
  const items = [...dropped.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return [...dropped.files].map((file) => ({ path: file.name, file }));
  /** @type {Entry[]} */
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

/**
 * @param {FileSystemEntry} entry
 * @param {Entry[]} found
 */
async function walk(entry, found) {
  if (found.length >= MOST_ENTRIES) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    const some = /** @type {FileSystemEntry[]} */ (await new Promise((resolve, reject) => reader.readEntries(resolve, reject)));
    if (!some.length) return; // a reader gives a hundred at a time
    for (const one of some) await walk(one, found);
  }
}

/**
 * @param {Iterable<File>} files of an input, with their place in the folder if one was picked
 * @returns {Entry[]}
 */
export function picked(files) {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * @param {Entry[]} entries
 * @returns {Promise<File[]>} what is to be sent
 */
export async function gathered(entries) {
  const shown = entries.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".") || part === "Thumbs.db"));
  const together = await belongingTogether(shown);
  const alone = shown.filter((entry) => !together.includes(entry));
  const files = await Promise.all(alone.map(({ file }) => asJpeg(/** @type {File} */ (file))));
  if (together.length) files.push(await packed(together));
  return files;
}

/**
 * Folders, more than one DICOM picture, a WFDB header with its signals: each makes sense only as a whole. An ECG or a
 * report is never put in with pictures: it would be lost among them.
 * @param {Entry[]} entries
 */
async function belongingTogether(entries) {
  const headers = entries.some(({ path }) => path.endsWith(".hea"));
  const marks = await Promise.all(entries.map((entry) => isPart(entry, headers)));
  const together = entries.filter((_, at) => marks[at]);
  return together.length > 1 ? together : [];
}

/**
 * @param {Entry} entry
 * @param {boolean} headers whether a WFDB header is among them
 */
async function isPart({ path, file }, headers) {
  const sopClass = sopClassIn(await file.slice(0, HEAD).arrayBuffer());
  if (sopClass !== null) return !standsAlone(sopClass);
  return path.includes("/") || (headers && /\.(hea|dat)$/.test(path));
}

/** @param {Entry[]} entries */
async function packed(entries) {
  const folder = entries[0].path.split("/")[0];
  const isFolder = entries[0].path.includes("/");
  const name = isFolder ? folder : t("影像 %(count)s 个文件", { count: entries.length });
  const newest = Math.max(...entries.map(({ file }) => (file instanceof File ? file.lastModified : 0)));
  return new File([await zipOf(entries)], `${name}.zip`, { type: "application/zip", lastModified: newest });
}

/**
 * A phone's HEIC, where this browser can read it (as the phones do that make it); else it is sent as it is, and told why not.
 * @param {File} file
 */
async function asJpeg(file) {
  if (!/^image\/hei[cf]/.test(file.type)) return file;
  try {
    const picture = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    return made ? new File([made], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg", lastModified: file.lastModified }) : file;
  } catch {
    return file;
  }
}
