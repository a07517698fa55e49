// The player of a recording: chapters, speed, keys, other pictures, the chat and captions in step, and going on where one stopped.

import { askedFor, chapterAt, clockOf, goesOnAt, meaning, worthSaying } from "../lib/film.js";
import { t } from "../lib/words.js";
import { fragment, isRefusedUnproved, post } from "../net/http.js";
import { isWriting } from "../ui/keys.js";
import { isProved } from "../ui/proving.js";
import { instead, play, Quality } from "../ui/quality.js";

/** @type {HTMLElement | null} the player that was begun */
let begun = null;

beginWhatIsThere();
document.addEventListener("live:fresh", beginWhatIsThere); // a recording was made meanwhile
document.addEventListener("click", (event) => {
  const gate = event.target instanceof Element ? event.target.closest("a[data-player]") : null;
  if (gate instanceof HTMLAnchorElement) (event.preventDefault(), void open(gate));
});

function beginWhatIsThere() {
  const player = document.getElementById("player");
  if (player && player !== begun) begin(player);
}

/** Who watches is proved first: then the player comes in the place of what asked, and plays. @param {HTMLAnchorElement} asked */
async function open(asked) {
  if (!(await isProved())) return;
  const page = await fragment(asked.dataset.player ?? "").catch(() => null);
  const fresh = page?.getElementById("player");
  if (!fresh) return location.assign(asked.dataset.player ?? "");
  const place = document.importNode(fresh, true);
  document.getElementById("film-gate")?.replaceWith(place);
  begin(place);
  const film = /** @type {HTMLVideoElement} */ (place.querySelector("#film"));
  film.focus();
  film.play().catch(() => undefined); // why it does not, the player says itself
}

/** @param {HTMLElement} place */
function begin(place) {
  begun = place;
  const film = /** @type {HTMLVideoElement} */ (place.querySelector("#film"));
  const chapters = buttons(place, "#film-chapters button");
  const lists = ["#film-lines", "#film-captions"].map((list) => /** @type {HTMLElement[]} */ ([...place.querySelectorAll(`${list} > li`)]));
  const starts = chapters.map((one) => Number(one.dataset.at));
  const seconds = Number(place.dataset.seconds);
  let played = false;
  let said = Number(place.dataset.position);

  const say = () => {
    said = film.currentTime;
    void post(place.dataset.watched ?? "", { at: said, begun: played }).catch(() => undefined); // the next word makes it good
    played = false;
  };
  const speed = /** @type {HTMLSelectElement} */ (place.querySelector("#film-speed"));
  const goTo = (/** @type {number} */ at) => void (film.currentTime = at);

  const choice = /** @type {HTMLSelectElement | null} */ (place.querySelector("#film-quality"));
  const quality = choice && new Quality(film, choice, /** @type {HTMLElement} */ (place.querySelector("#film-rung")));
  const asked = askedFor(location.hash, seconds);
  if (asked === null) goOn(place, film, goesOnAt(said, seconds));
  else film.addEventListener("loadedmetadata", () => goTo(asked), { once: true });
  film.addEventListener("play", () => ((played = true), say()), { once: true });
  film.addEventListener("error", () => void goOnProved(film));
  film.addEventListener("pause", say);
  film.addEventListener("timeupdate", () => {
    if (!film.paused && worthSaying(film.currentTime, said)) say();
    mark(chapters, chapterAt(starts, film.currentTime));
    for (const lines of lists) inStep(lines, film);
  });
  speed.addEventListener("change", () => void (film.playbackRate = Number(speed.value)));
  for (const one of buttons(place, "[data-at]")) one.addEventListener("click", () => (goTo(Number(one.dataset.at)), play(film)));
  for (const one of buttons(place, "[data-src]")) one.addEventListener("click", () => look(place, film, quality, one));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || isPress(event)) return;
    const meant = meaning(event.key, { at: film.currentTime, seconds, starts, speed: film.playbackRate });
    if (!meant) return;
    event.preventDefault();
    if (meant.to !== undefined) goTo(meant.to);
    if (meant.speed !== undefined) [film.playbackRate, speed.value] = [meant.speed, String(meant.speed)];
    if (meant.deed === "toggle") toggle(film);
    if (meant.deed === "full") void (document.fullscreenElement ? document.exitFullscreen() : film.requestFullscreen());
  });
}

/** A showing that has ended wants a proof once more; then the film goes on where it stood. @param {HTMLVideoElement} film */
async function goOnProved(film) {
  const { src } = film;
  if ((await isRefusedUnproved(src)) && (await isProved())) instead(film, () => void (film.src = src));
}

/** @param {HTMLVideoElement} film */
function toggle(film) {
  if (film.paused) play(film);
  else film.pause();
}

/** A space on a button presses it. @param {KeyboardEvent} event */
function isPress(event) {
  return event.key === " " && event.target instanceof HTMLElement && event.target.closest("button, summary, a") !== null;
}

/** @param {Element} place @param {string} which @returns {HTMLButtonElement[]} */
function buttons(place, which) {
  return [...place.querySelectorAll(`${which}:is(button)`)].map((one) => /** @type {HTMLButtonElement} */ (one));
}

/** @param {HTMLElement} place @param {HTMLVideoElement} film @param {number} at */
function goOn(place, film, at) {
  if (!at) return;
  const note = /** @type {HTMLElement} */ (place.querySelector("#film-again"));
  film.addEventListener("loadedmetadata", () => void (film.currentTime = at), { once: true });
  /** @type {HTMLElement} */ (note.querySelector("span")).textContent = t("从上次的 %(at)s 继续", { at: clockOf(at) });
  note.hidden = false;
  note.querySelector("button")?.addEventListener("click", () => ((film.currentTime = 0), (note.hidden = true), play(film)));
  film.addEventListener("play", () => setTimeout(() => (note.hidden = true), 8000), { once: true });
}

/** Another picture of the same moment. @param {Element} place @param {HTMLVideoElement} film @param {Quality | null} quality @param {HTMLButtonElement} chosen */
function look(place, film, quality, chosen) {
  const pictures = buttons(place, "[data-src]");
  for (const one of pictures) one.setAttribute("aria-pressed", String(one === chosen));
  const src = chosen.dataset.src ?? "";
  if (quality) quality.look(chosen === pictures[0], src);
  else instead(film, () => void (film.src = src));
}

/** @param {HTMLElement[]} chapters @param {number} now */
function mark(chapters, now) {
  for (const [number, one] of chapters.entries()) one.setAttribute("aria-current", String(number === now));
}

/** What was written or said by now is dark, and the newest of it in view. @param {HTMLElement[]} lines @param {HTMLVideoElement} film */
function inStep(lines, film) {
  const before = lines.filter((one) => one.classList.contains("said")).length;
  for (const one of lines) one.classList.toggle("said", Number(one.dataset.at) <= film.currentTime);
  const now = lines.findLast((one) => one.classList.contains("said"));
  const list = now?.parentElement;
  if (!now || !list || lines.filter((one) => one.classList.contains("said")).length === before) return;
  list.scrollTop = now.offsetTop - list.offsetTop - list.clientHeight + now.offsetHeight;
}
