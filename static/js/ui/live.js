// Parts of a page that keep themselves fresh: <section id="open-cases" data-live="post:… centre:…" data-live-src="/…">.
// A hint names a topic; the region is fetched again and morphed in. Without data-live-src the page itself is fetched.
// data-live-first: it is fetched once as soon as the page is there.
import { io } from "socket.io-client";
import { concerns } from "../lib/topics.js";
import { Turns } from "../lib/turns.js";
import { fragment, Unreachable } from "../net/http.js";
import { showAll } from "./countdown.js";
import { morph } from "./morph.js";

const GATHER = 200; // ms: several hints in a row make one fetch
const AGAIN = 3000; // ms: nobody answered

/** @typedef {{topic: string, kind: string, about?: string}} Hint about: the thing itself, where the topic is who hears of it */

/** Which regions wait for a fetch, by the address that has them. */
const stale = new Turns();
let timer = 0;

/**
 * @param {{onLine: (line: "on" | "lost" | "out") => void, onHint?: (hint: Hint) => void}} told
 * @returns {() => void} disconnects
 */
export function keepFresh({ onLine, onHint }) {
  let before = false;
  const auth = (/** @type {(says: object) => void} */ say) => say(before ? {} : { age: age() });
  const socket = io("/live", { transports: ["websocket"], auth, reconnectionDelay: 500, reconnectionDelayMax: 5000, randomizationFactor: 1 });
  socket.on("connect", () => (onLine("on"), before && freshenAll(), (before = true)));
  socket.on("disconnect", (reason) => onLine(reason === "io server disconnect" ? "out" : "lost"));
  socket.on("connect_error", (error) => onLine(error.message === "signed_out" ? "out" : "lost"));
  socket.on("resync", freshenAll);
  socket.on("changed", (/** @type {Hint} */ hint) => (freshenFor(hint), onHint?.(hint)));
  document.addEventListener("visibilitychange", gather);
  freshenFirst();
  return () => (document.removeEventListener("visibilitychange", gather), window.clearTimeout(timer), void socket.disconnect());
}

/** ms since this page was asked for: what changed meanwhile it does not show, and was not told. */
function age() {
  const [arrival] = performance.getEntriesByType("navigation");
  return Math.ceil(performance.now() - (arrival instanceof PerformanceNavigationTiming ? arrival.requestStart : 0));
}

/** @param {Hint} hint */
function freshenFor(hint) {
  const topics = [hint.topic, hint.about ?? ""];
  for (const region of regions()) {
    if (topics.some((topic) => concerns(region.dataset.live ?? "", topic))) stale.want(sourceOf(region));
  }
  gather();
}

function freshenFirst() {
  for (const region of regions()) if ("liveFirst" in region.dataset) stale.want(sourceOf(region));
  gather();
}

export function freshenAll() {
  for (const region of regions()) stale.want(sourceOf(region));
  gather();
}

/** @returns {HTMLElement[]} */
function regions() {
  return [...document.querySelectorAll("[data-live][id]")].filter((one) => one instanceof HTMLElement);
}

/** @param {HTMLElement} region */
function sourceOf(region) {
  return region.dataset.liveSrc || location.pathname + location.search;
}

function gather() {
  gatherIn(GATHER);
}

/** A page nobody looks at waits until it is looked at. @param {number} wait ms */
function gatherIn(wait) {
  window.clearTimeout(timer);
  if (stale.ready && document.visibilityState === "visible") timer = window.setTimeout(() => void fetchStale(), wait);
}

async function fetchStale() {
  await Promise.all(stale.take().map(freshen));
}

/** @param {string} source */
async function freshen(source) {
  const fresh = await fragment(source).catch((trouble) => later(source, trouble));
  stale.over(source);
  if (!fresh) return gatherIn(AGAIN);
  gather();
  for (const region of regions()) {
    const found = sourceOf(region) === source && fresh.getElementById(region.id);
    if (found) morph(region, document.importNode(found, true));
  }
  showAll();
  document.dispatchEvent(new CustomEvent("live:fresh", { detail: { source } }));
}

/**
 * A hint is said once: what could not be fetched is fetched later. What the server refuses, it would refuse again.
 * @param {string} source
 * @param {unknown} trouble
 */
function later(source, trouble) {
  if (trouble instanceof Unreachable) stale.want(source);
  return null;
}
