// The consultation room. The camera is asked for before anything else: it takes longest, and nothing waits for it.

import { Capture } from "../media/capture.js";
import { Meter } from "../media/levels.js";
import { goStraightIn, holdCall, isReload, keep, letGo, enterAnew, recall, wasAskedToMove } from "../net/tab.js";
import { t } from "../lib/words.js";
import { tendTheLock } from "../ui/lock.js";
import { Call } from "../ui/room/call.js";
import { Check } from "../ui/room/check.js";
import { Controls } from "../ui/room/controls.js";
import { DeviceChoice } from "../ui/room/devices.js";
import { Invitation } from "../ui/room/invite.js";
import { showPart, showStanding } from "../ui/room/after.js";
import { byId, choose, factsOfPage, write } from "../ui/room/page.js";
import { oneTrouble } from "../ui/room/trouble.js";
import { tendRows } from "../ui/consultation/rows.js";

const facts = factsOfPage();
const link = new URLSearchParams(location.hash.slice(1));
const choices = recall();
const meter = new Meter();
/** @type {Set<import("../lib/trouble.js").Sense>} */
const goneWithout = new Set();
/** @type {Call | null} */
let call = null;

const capture = new Capture(choices, {
  track: (sense, track) => {
    if (sense === "audio") meter.listenTo(track);
    call?.own(sense === "audio" ? "audio" : "camera", track);
  },
  changed: () => (keep(choices), drawOwn()),
});
void capture.open();

const check = new Check(capture, meter, { enter: () => void enter(false), speaker: useSpeaker });
const controls = new Controls(act);
const invitation = new Invitation();
const devices = new DeviceChoice(/** @type {HTMLElement} */ (byId("devices").querySelector("[data-devices]")), capture, useSpeaker);
const moving = wasAskedToMove(facts.room);

begin();

function begin() {
  byId("trouble-retry").addEventListener("click", () => void capture.retry());
  byId("trouble-without").addEventListener("click", goOnWithout);
  globalThis.addEventListener("pagehide", letAllGo); // a reload, perhaps: the seat waits for the next page, the camera does not
  globalThis.addEventListener("pageshow", (shown) => shown.persisted && location.reload());
  if (link.get("for") === "phone") document.querySelector(".check-name")?.remove(); // one has a name already
  if (moving || new URLSearchParams(location.search).has("now")) void enter(moving);
  else check.connect(facts.check);
  invitation.connect();
  tendTheLock();
  drawOwn();
}

/** @param {boolean} move */
async function enter(move) {
  if (call) return;
  performance.mark("room-enter");
  call = newCall();
  call.prepare();
  const mine = await holdCall(facts.room, { steal: move, wait: isReload(), lost: () => over("moved") });
  if (!mine) return over("elsewhere");
  check.disconnect();
  goStraightIn();
  showPart("call");
  byId("call").append(byId("trouble")); // from now on it stands in the call
  controls.connect();
  call.side.connect();
  call.begin(move);
  void keepAwake();
}

function newCall() {
  return new Call({
    facts,
    capture,
    meter,
    credentials,
    seated: () => (showPart("call"), offer()),
    drawn: (now) => controls.show(now),
    over,
  });
}

/** A guest's link, or the one for one's own phone, carries its proof behind the #, where no server's log sees it. */
function credentials() {
  const token = link.get("token");
  const name = /** @type {HTMLInputElement | null} */ (document.getElementById("guest-name"))?.value.trim();
  return { ...(token && { token }), ...(name && { name }) };
}

function offer() {
  const may = call?.seat.me?.may ?? [];
  controls.offer({
    phone: Boolean(facts.handover),
    family: Boolean(facts.guests),
    screen: may.includes("share") && Boolean(call?.screen.supported),
    speak: may.includes("speak"),
  });
}

/**
 * The call is over here, or not begun yet.
 * @param {string} reason
 * @param {string} [says]
 */
function over(reason, says) {
  if (reason !== "waiting") letAllGo();
  const again = () => (reason === "moved" || reason === "elsewhere" ? enterAnew(facts.room) : location.reload());
  showStanding(reason, { says, again });
}

function letAllGo() {
  call?.seat.drop();
  call?.end();
  capture.release();
  meter.close();
  controls.disconnect();
  for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
  letGo();
}

/** @param {import("../ui/room/controls.js").Deed} deed */
function act(deed) {
  if (!call) return;
  /** @type {Record<typeof deed, () => unknown>} */
  const deeds = {
    microphone: () => capture.setMuted(!choices.muted),
    camera: () => capture.setDark(!choices.dark),
    screen: () => call?.toggleScreen(),
    hand: () => call?.raiseHand(),
    chat: () => (call?.side.show("chat"), call?.talk.view.focus()),
    panel: () => call?.side.toggle(),
    film: () => call?.recording.turn(),
    devices: () => (byId("devices", HTMLDialogElement).showModal(), devices.show()),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
    phone: () => invitation.open("phone", facts.handover),
    family: () => invitation.open("family", facts.guests),
    keys: () => byId("keys", HTMLDialogElement).showModal(),
    leave: () => leave(),
  };
  void deeds[deed]();
}

async function leave() {
  const host = call?.seat.me?.host && call.seat.place === "in";
  const answer = host ? await choose(leaveQuestion()) : "leave";
  if (answer === "end") return call?.ask("end"); // everybody, oneself too, is told by `closed`
  if (answer !== "leave") return;
  const left = call?.seat.leave();
  over("left");
  await left;
  if (facts.wayOut) location.assign(facts.wayOut);
}

function leaveQuestion() {
  return {
    title: t("离开会诊室？"),
    words: t("您是主持人。只是自己离开，其他人可以继续；结束会诊则所有人退出。"),
    answers: [
      { value: "", word: t("取消"), look: "btn-quiet" },
      { value: "end", word: t("结束会诊"), look: "btn-danger" },
      { value: "leave", word: t("仅我离开"), look: "btn-primary" },
    ],
  };
}

/** @param {string} speaker */
function useSpeaker(speaker) {
  choices.speaker = speaker;
  keep(choices);
  call?.sounds.useSpeaker(speaker);
}

function goOnWithout() {
  const trouble = oneTrouble(capture.trouble, goneWithout);
  if (trouble) goneWithout.add(trouble.sense);
  if (trouble?.sense === "audio" && capture.trouble.video) goneWithout.add("video");
  drawOwn();
}

function drawOwn() {
  const trouble = oneTrouble(capture.trouble, goneWithout);
  byId("trouble").hidden = !trouble;
  byId("enter").hidden = Boolean(trouble);
  if (trouble) drawTrouble(trouble);
  if (call) call.changed();
  else check.draw();
}

/** @param {{title: string, how: string, without: string}} trouble */
function drawTrouble({ title, how, without }) {
  write(byId("trouble-title"), title);
  write(byId("trouble-how"), how);
  write(byId("trouble-without"), without);
  byId("trouble-retry").hidden = !capture.supported;
}

/** The screen of a phone stays on during a call. */
async function keepAwake() {
  const again = () => document.visibilityState === "visible" && void navigator.wakeLock?.request("screen").catch(() => undefined);
  again();
  document.addEventListener("visibilitychange", again);
}

tendRows(); // of the opinion beside the video
