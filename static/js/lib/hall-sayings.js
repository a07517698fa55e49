// A hall's sentences.

import { refusalSays, standing } from "./sayings.js";
import { t } from "./words.js";

/** @param {string} code of PROTOCOL.md */
export function hallRefusalSays(code) {
  const known = {
    "room.not_begun": t("课还没有开始，不能结束；您可以先离开"),
    "room.not_allowed": t("您现在不在台上"),
    "room.nobody_there": t("对方已不在课堂"),
    "room.stage_full": t("台上已满 12 人，请先请一位下台"),
    "room.not_host": t("只有主持人可以这样做"),
    "lesson.check_running": t("上一次抽查还没有结束"),
    "lesson.check_over": t("抽查已结束，没有收到您的回答"),
    "lesson.poll_running": t("上一题还没有公布结果"),
    "lesson.poll_over": t("这一题已经结束作答"),
    "lesson.already_chosen": t("您已经作答，以第一次为准"),
    "lesson.no_such_thing": t("这一条已不在了"),
    "lesson.too_many": t("已到上限，请先等前面的处理完"),
    "lesson.groups_open": t("正在分组讨论，请先召回"),
    "lesson.groups_gone": t("分组讨论已经结束"),
    "lesson.page_turned": t("已经翻到另一页"),
    "room.consent_missing": t("录制中：对方还没有同意被录制，请其先举手并同意"),
    "media.unavailable": t("音视频暂时接不通，正在重试"),
  };
  return known[/** @type {keyof typeof known} */ (code)] ?? refusalSays(code);
}

/** @returns {import("../ui/room/recording.js").Words} */
export function hallFilmSays() {
  return {
    on: t("这堂课正在录制"),
    coming: t("这堂课正在录制。上台发言会被录下，您同意吗？"),
    question: t("主持人想录制这堂课，供日后学习。您同意被录制吗？"),
    agreed: t("您同意了被录制。撤回后录制立即停止，已录下的部分由教师处理。"),
    listening: t("台上的画面和声音会录下，供日后学习。您没有上台，不会被录下。"),
    stop: t("停止后自动制作录像，做好后出现在录像库。还可以再开始，会成为另一段录像。"),
  };
}

/**
 * @param {string} reason one of closed
 * @param {string} [says] the house's own sentence
 */
export function hallStanding(reason, says) {
  const known = {
    left: [t("您已离开课堂"), t("您的出勤已记到此刻。"), "leave", t("重新进入")],
    moved: [t("课堂已移到另一个页面或设备"), t("这里已退出，出勤照常计算。"), "switch", t("移回这里继续")],
    elsewhere: [t("在这里继续听课？"), t("您正在另一个页面或设备上听课。移到这里后，那边会自动退出。"), "switch", t("在这里继续")],
    removed: [t("您已被主持人请出课堂"), t("如有疑问，请联系授课教师。"), "stop", null],
    ended: [t("下课了"), t("出勤已记录；测验和评价在课程页面。"), "done", null],
    revoked: [t("您进入课堂的权限已经结束"), t("如有疑问，请联系教学管理员。"), "lock", null],
    full: [t("课堂已满"), t("有人离开后可以再进入。"), "users", t("再试一次")],
  };
  const found = known[/** @type {keyof typeof known} */ (reason)];
  if (!found) return standing(reason, says);
  const [title, words, icon, again] = found;
  return /** @type {import("./sayings.js").Standing} */ ({ title, words, icon, again });
}
