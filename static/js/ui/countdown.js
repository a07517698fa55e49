// Deadlines count down and waits grow in the page, by the server's clock.
import { dueOf, dueWords, SHAPES, waitedWords } from "../lib/due.js";
import { t } from "../lib/words.js";
import { changeIcon } from "./icon.js";

const TICK = 15_000; // ms

/** How far this machine's clock is behind the server's, measured when the page came. */
const ahead = serverNow() - Date.now();

function serverNow() {
  const told = document.querySelector("meta[name=now]")?.getAttribute("content");
  return Date.parse(told ?? "") || Date.now();
}

/** @returns {() => void} stops it */
export function countDown() {
  showAll();
  const timer = window.setInterval(() => showAll(), TICK);
  return () => window.clearInterval(timer);
}

/** @param {ParentNode} [within] */
export function showAll(within = document) {
  const now = Date.now() + ahead;
  for (const place of within.querySelectorAll("time[data-due]")) show(/** @type {HTMLTimeElement} */ (place), now);
  for (const place of within.querySelectorAll("time[data-since]")) showWait(/** @type {HTMLTimeElement} */ (place), now);
}

/**
 * @param {HTMLTimeElement} place
 * @param {number} now ms
 */
function show(place, now) {
  const due = dueOf(Date.parse(place.dateTime), now, Number(place.dataset.soon ?? 60));
  const words = place.querySelector("span");
  const said = dueWords(due, t);
  if (words && words.textContent !== said) words.textContent = said;
  place.classList.remove("tone-idle", "tone-soon", "tone-danger");
  place.classList.add(`tone-${due.tone}`);
  changeIcon(place, SHAPES[due.tone]);
}

/**
 * @param {HTMLTimeElement} place
 * @param {number} now ms
 */
function showWait(place, now) {
  const said = waitedWords(Date.parse(place.dateTime), now, t);
  if (place.textContent !== said) place.textContent = said;
}
