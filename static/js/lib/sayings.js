// Sentences for what the room answers and tells.

import { t } from "./words.js";

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./trouble.js").Trouble} Trouble */
/** @typedef {import("./trouble.js").Sense} Sense */
/** @typedef {import("./line.js").Grade} Grade */

/**
 * Why something asked of the room was not done.
 * @param {string} code of PROTOCOL.md
 */
export function refusalSays(code) {
  const known = {
    "room.not_host": t("只有主持人可以这样做"),
    "room.not_begun": t("会诊还没有开始：双方都进入后才能结束。您可以先“仅我离开”，会诊室会留着"),
    "room.not_allowed": t("您在这个会诊室里不能这样做"),
    "room.nobody_there": t("对方已不在会诊室"),
    "room.full": t("会诊室已满，有人离开后才能再准许进入"),
    "chat.hushed": t("主持人已暂停您的发言"),
    "chat.closed": t("主持人已关闭聊天"),
    "message.too_fast": t("操作太快，请稍等一秒再试"),
    "message.malformed": t("内容太长或格式不对，没有发出"),
    "server.unavailable": t("服务器暂时没有响应，请再试一次"),
  };
  return known[/** @type {keyof typeof known} */ (code)] ?? t("没有完成，请再试一次");
}

/**
 * The line a log entry leaves between the chat lines.
 * @param {Entry} entry
 * @param {(id: string | null) => string} nameOf
 * @returns {string | null} null: nothing to say
 */
export function entrySays({ kind, by, body }, nameOf) {
  const name = body.name ?? nameOf(body.who ?? by);
  if (kind === "joined") return t("%(name)s 进入", { name });
  if (kind === "left") return leftSays(name, body.reason);
  if (kind === "removed") return t("%(name)s 被主持人请出", { name });
  if (kind === "denied") return t("主持人没有准许 %(name)s 进入", { name });
  if (kind === "shared") return body.on ? t("%(name)s 开始共享屏幕", { name }) : t("%(name)s 停止共享屏幕", { name });
  if (kind === "carried") return t("音视频改由服务器转送，通话不中断");
  if (kind === "consent") return consentSays(body.of, body.on);
  if (kind === "asked") return t("%(name)s 询问大家是否同意录制", { name });
  if (kind === "agreed") return body.on ? t("%(name)s 同意被录制", { name }) : t("%(name)s 撤回了被录制的同意", { name });
  if (kind === "recording") return recordingSays(body.on, body.why);
  if (kind === "staged") return t("%(name)s 上台", { name });
  if (kind === "unstaged") return t("%(name)s 下台", { name });
  if (kind === "ended") return t("会诊结束");
  return null;
}

/**
 * @param {string} of
 * @param {boolean} on
 */
function consentSays(of, on) {
  const [given, withdrawn] = {
    consultation: [t("患者同意继续会诊"), t("患者撤回了对会诊的同意")],
    recording: [t("患者同意录制"), t("患者撤回了对录制的同意")],
    teaching: [t("患者同意用于教学"), t("患者撤回了对教学使用的同意")],
  }[of] ?? [null, null];
  return on ? given : withdrawn;
}

/**
 * @param {boolean} on
 * @param {string} [why] it ended
 */
function recordingSays(on, why) {
  if (on) return t("录制开始");
  return { withdrawn: t("有人撤回了同意，录制已停止"), failed: t("录制出错，已停止") }[why ?? ""] ?? t("录制已停止");
}

/** What is said of the recording of a consultation. @returns {import("../ui/room/recording.js").Words} */
export function filmSays() {
  return {
    on: t("会诊正在录制"),
    coming: t("会诊正在录制。同意被录制后，其他人才能看到和听到您。"),
    question: t("主持人想录制这次会诊，录像归入病例。您同意被录制吗？"),
    agreed: t("您同意了被录制。撤回后录制立即停止，已录下的部分随病例保存。"),
    listening: t("会诊室里的画面和声音会录下，归入病例。您还没有同意，没有被录下。"),
    stop: t("停止后自动制作录像，做好后出现在病例页面。还可以再开始，会成为另一段录像。"),
  };
}

/**
 * What stands over the room for as long as the patient does not agree.
 * @param {Iterable<string>} withdrawn as in `room.withdrawn`
 * @returns {{says: string, end: boolean} | null} end: there is nothing left to go on with
 */
export function withdrawnSays(withdrawn) {
  const held = new Set(withdrawn);
  if (held.has("consultation"))
    return { says: t("患者已撤回对会诊的同意：请停止讨论病情，由主持人结束会诊"), end: true };
  if (held.has("recording")) return { says: t("患者已撤回对录制的同意：不得录制"), end: false };
  if (held.has("teaching")) return { says: t("患者已撤回对教学使用的同意：不得用于教学"), end: false };
  return null;
}

/**
 * @param {string} name
 * @param {string} reason
 */
function leftSays(name, reason) {
  if (reason === "removed" || reason === "ended") return null; // has a line of its own
  return reason === "lost" ? t("%(name)s 掉线", { name }) : t("%(name)s 离开", { name });
}

/**
 * @typedef {{title: string, words: string, icon: string, again: string | null}} Standing
 * @param {string} reason "waiting", or one of closed
 * @param {string} [says] the house's own sentence
 * @returns {Standing} what stands where the call was; again: the word of the way back in, if there is one
 */
export function standing(reason, says) {
  const known = {
    waiting: [t("请稍候"), t("主持人知道您到了，准许后会自动进入。"), "clock", null],
    left: [t("您已离开会诊室"), t("摄像头和麦克风已关闭。"), "leave", t("重新进入")],
    moved: [t("通话已移到另一个页面或设备"), t("这里的摄像头和麦克风已关闭。"), "switch", t("移回这里继续")],
    elsewhere: [t("在这里继续通话？"), t("您正在另一个页面或设备上通话。移到这里后，那边会自动退出。"), "switch", t("在这里继续")],
    removed: [t("您已被主持人请出会诊室"), t("摄像头和麦克风已关闭。"), "stop", null],
    denied: [t("主持人没有准许进入"), t("如有疑问，请联系会诊中心。"), "stop", null],
    ended: [t("会诊已结束"), t("摄像头和麦克风已关闭，记录已保存。"), "done", null],
    revoked: [t("您进入这个会诊室的权限已经结束"), t("如有疑问，请联系会诊中心。"), "lock", null],
    full: [t("会诊室已满"), t("有人离开后可以再进入。"), "users", t("再试一次")],
    refused: [t("现在不能进入"), says ?? "", "info", t("再试一次")],
  };
  const [title, words, icon, again] = known[/** @type {keyof typeof known} */ (reason)] ?? known.refused;
  return /** @type {Standing} */ ({ title, words, icon, again });
}

/**
 * @param {Trouble} trouble
 * @param {Sense} sense
 * @param {"wechat" | "firefox" | "safari" | "chromium"} browser
 * @returns {{title: string, how: string}}
 */
export function troubleSays(trouble, sense, browser) {
  const device = sense === "video" ? t("摄像头") : t("麦克风");
  if (trouble === "insecure")
    return { title: t("浏览器不允许这个页面使用摄像头和麦克风"), how: t("页面地址要以 https:// 开头。请用安全地址打开，或联系管理员。") };
  if (trouble === "refused") return { title: t("浏览器没有允许使用%(device)s", { device }), how: allowSays(device, browser) };
  if (trouble === "taken")
    return { title: t("%(device)s被另一个程序占用", { device }), how: t("请关闭其他正在使用它的程序（如微信、会议软件），再点“重试”。") };
  return { title: t("没有找到%(device)s", { device }), how: t("请插好%(device)s，插好后会自动继续。", { device }) };
}

/**
 * @param {string} device
 * @param {"wechat" | "firefox" | "safari" | "chromium"} browser
 */
function allowSays(device, browser) {
  return {
    chromium: t("请点地址栏左侧的图标，把“%(device)s”改为“允许”，再点“重试”。", { device }),
    firefox: t("请点地址栏左侧划掉的图标，清除对%(device)s的阻止，再点“重试”。", { device }),
    safari: t("请在浏览器的“网站设置”里把%(device)s改为“允许”，再点“重试”。", { device }),
    wechat: t("请点右上角“…”，选“在浏览器打开”，再进入。"),
  }[browser];
}

/**
 * @param {Grade} grade
 * @param {import("./line.js").Path | null} path
 */
export function lineSays(grade, path) {
  const words = { good: t("线路良好"), fair: t("线路一般"), weak: t("线路较弱"), bad: t("线路很差") }[grade];
  if (path === "relay") return t("%(words)s · 经中转", { words });
  return path === "relay-tcp" ? t("%(words)s · 经中转（TCP）", { words }) : words;
}

/**
 * The sentence about the line before one goes in.
 * @param {{rtt: number | null, relay: "udp" | "tcp" | "none" | "unknown", direct: boolean}} tested rtt in ms; null: no answer
 * @returns {{tone: "done" | "soon" | "danger", words: string}}
 */
export function testSays({ rtt, relay, direct }) {
  if (rtt === null) return { tone: "danger", words: t("现在连不上服务器，请检查网络") };
  if (relay === "none" && !direct) return { tone: "danger", words: t("网络不通媒体：防火墙可能拦住了音视频，请联系信息科") };
  if (relay === "none") return { tone: "soon", words: t("中转服务器不通，个别网络下可能接不通") };
  if (rtt > 400 || relay === "tcp") return { tone: "soon", words: t("线路较弱：将优先保证声音") };
  return { tone: "done", words: t("线路良好") };
}
