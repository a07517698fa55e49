// The hall of a teaching session: entered by a click, so that sound may play; after a reload straight back in.

import { hallStanding } from "../lib/hall-sayings.js";
import { t } from "../lib/words.js";
import { enterAnew, goStraightIn, holdCall, isReload, keep, letGo, recall, wasAskedToMove } from "../net/tab.js";
import { changeIcon } from "../ui/icon.js";
import { tendTheLock } from "../ui/lock.js";
import { Hall } from "../ui/hall/hall.js";
import { byId, choose, factsOfPage, icon, write } from "../ui/room/page.js";

const facts = factsOfPage();
const choices = recall();
/** @type {Hall | null} */
let hall = null;

const DEEDS = {
  "control-mic": () => hall?.place.toggleMicrophone(),
  "control-cam": () => hall?.place.toggleCamera(),
  "control-screen": () => hall?.toggleScreen(),
  "control-hand": () => hall?.raiseHand(),
  "control-film": () => hall?.recording.turn(),
  "control-captions": () => hall?.captions.toggle(),
  "control-panel": () => hall?.side.toggle(),
  "control-full": () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  "control-leave": () => leave(),
};

begin();

function begin() {
  for (const [id, deed] of Object.entries(DEEDS)) byId(id).addEventListener("click", () => void deed());
  tendTheLock();
  byId("enter").addEventListener("click", () => void enter(false));
  byId("enter", HTMLButtonElement).disabled = false; // until here a click would have been lost
  globalThis.addEventListener("pagehide", letAllGo);
  globalThis.addEventListener("pageshow", (shown) => shown.persisted && location.reload());
  const moving = wasAskedToMove(facts.room);
  if (moving || new URLSearchParams(location.search).has("now")) void enter(moving);
  else byId("enter").focus({ preventScroll: true });
}

/** @param {boolean} move */
async function enter(move) {
  if (hall) return;
  hall = new Hall({ facts, choices, kept: () => keep(choices), drawn, over });
  if (!(await holdCall(facts.room, { steal: move, wait: isReload(), lost: () => over("moved") }))) return over("elsewhere");
  goStraightIn();
  showPart("call");
  hall.side.connect();
  hall.begin(move);
}

/** @param {Hall} now */
function drawn({ facts: shown, place, hand, seat, screen }) {
  const { mic, cam, screen: sharing } = place.live();
  const stage = Boolean(shown?.stage);
  for (const id of ["control-mic", "control-cam"]) byId(id).hidden = !stage;
  byId("control-screen").hidden = !stage || !screen.supported;
  byId("control-hand").hidden = stage && !shown?.group; // in a group it calls the host
  set("control-mic", !mic, mic ? t("静音") : t("已静音"), mic ? "mic" : "mic-off");
  set("control-cam", !cam, cam ? t("关摄像头") : t("摄像头已关"), cam ? "video" : "video-off");
  set("control-screen", sharing, sharing ? t("停止共享") : t("共享"));
  set("control-hand", hand, hand ? t("放下手") : t("举手"));
  byId("control-hand", HTMLButtonElement).disabled = seat.place !== "in";
}

/** @param {string} id @param {boolean} pressed @param {string} words @param {string} [picture] */
function set(id, pressed, words, picture) {
  byId(id).setAttribute("aria-pressed", String(pressed));
  write(/** @type {Element} */ (byId(id).querySelector("span")), words);
  if (picture) changeIcon(byId(id), picture);
}

/** @param {string} reason @param {string} [says] */
function over(reason, says) {
  letAllGo();
  const { title, words, icon: picture, again } = hallStanding(reason, says);
  byId("after-mark").replaceChildren(icon(picture, "xl"));
  write(byId("after-title"), title);
  write(byId("after-words"), words);
  byId("after-again").hidden = !again;
  write(byId("after-again"), again ?? "");
  byId("after-again").onclick = () => (reason === "moved" || reason === "elsewhere" ? enterAnew(facts.room) : location.reload());
  showPart("after");
}

function letAllGo() {
  hall?.seat.drop();
  hall?.end();
  for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
  letGo();
}

async function leave() {
  const host = hall?.seat.me?.host && hall.seat.place === "in";
  const answer = host ? await choose(leaveQuestion()) : "leave";
  if (answer === "end") return hall?.ask("end");
  if (answer !== "leave") return;
  const left = hall?.seat.leave();
  over("left");
  await left;
  if (facts.wayOut) location.assign(facts.wayOut);
}

function leaveQuestion() {
  return {
    title: t("离开课堂？"),
    words: t("您是主持人。只是自己离开，课堂继续；下课则所有人退出，并开始核算考勤。"),
    answers: [
      { value: "", word: t("取消"), look: "btn-quiet" },
      { value: "end", word: t("下课"), look: "btn-danger" },
      { value: "leave", word: t("仅我离开"), look: "btn-primary" },
    ],
  };
}

/** @param {"check" | "call" | "after"} part */
function showPart(part) {
  byId("room").dataset.state = part;
  for (const one of ["check", "call", "after"]) byId(one).hidden = one !== part;
}
