// What this tab keeps over a reload, and which tab of this browser has the call.

import { idOf } from "../lib/ids.js";

/** @typedef {import("../media/capture.js").Choices} Choices */

const CHOICES = "room-choices";
const DEVICES = "room-devices";
const CAPTIONS = "hall-captions";

export function newId() {
  return idOf(crypto.getRandomValues(new Uint8Array(16)));
}

/** @returns {Choices} as they were before the reload; for a new tab, the devices used last */
export function recall() {
  return { muted: false, dark: false, ...read(localStorage, DEVICES), ...read(sessionStorage, CHOICES) };
}

/** @param {Choices} choices */
export function keep(choices) {
  const { mic, camera, speaker } = choices;
  write(sessionStorage, CHOICES, choices);
  write(localStorage, DEVICES, { mic, camera, speaker });
}

/** How this person wants captions. @returns {{shown: boolean, size: number}} */
export function recallCaptions() {
  return { shown: true, size: 1, ...read(localStorage, CAPTIONS) };
}

/** @param {{shown: boolean, size: number}} wanted */
export function keepCaptions(wanted) {
  write(localStorage, CAPTIONS, wanted);
}

/** @param {string} room @returns {boolean} the person asked, before the page was loaded anew, to take the call over */
export function wasAskedToMove(room) {
  const asked = sessionStorage.getItem("room-move") === room;
  sessionStorage.removeItem("room-move");
  return asked;
}

/** Loads the page anew, straight into the room, taking the call over. @param {string} room */
export function enterAnew(room) {
  sessionStorage.setItem("room-move", room);
  goStraightIn();
  location.reload();
}

/** A reload from now on leads straight back in, not to the check. */
export function goStraightIn() {
  const here = new URL(location.href);
  here.search = "now";
  history.replaceState(null, "", here);
}

export function isReload() {
  const [entry] = performance.getEntriesByType("navigation");
  return /** @type {PerformanceNavigationTiming | undefined} */ (entry)?.type === "reload";
}

let release = () => {};

/**
 * One tab of a browser has the call of a room, until it lets go or the page goes.
 * @param {string} room
 * @param {{steal: boolean, wait: boolean, lost: () => void}} how steal: take it from the other tab; wait: our own page
 *   before the reload may still hold it for a moment; lost: another tab has taken it
 * @returns {Promise<boolean>} false: another tab has it
 */
export function holdCall(room, { steal, wait, lost }) {
  if (!navigator.locks) return Promise.resolve(true);
  const options = steal ? { steal } : wait ? { signal: AbortSignal.timeout(1500) } : { ifAvailable: true };
  return new Promise((resolve) => {
    let held = false;
    const request = navigator.locks.request(`call ${room}`, options, (lock) => {
      resolve((held = lock !== null));
      return held ? new Promise((done) => (release = () => done(undefined))) : undefined;
    });
    request.catch(() => (held ? lost() : resolve(false)));
  });
}

export function letGo() {
  release();
}

/**
 * @param {Storage} storage
 * @param {string} name
 */
function read(storage, name) {
  try {
    return JSON.parse(storage.getItem(name) ?? "{}");
  } catch {
    return {};
  }
}

/**
 * @param {Storage} storage
 * @param {string} name
 * @param {object} value
 */
function write(storage, name, value) {
  storage.setItem(name, JSON.stringify(value));
}
