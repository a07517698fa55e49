// A deadline in words, and how near it is.

/** @typedef {{tone: "idle" | "soon" | "danger", minutes: number, over: boolean}} Due  minutes left, or past, never negative */

export const SHAPES = { idle: "clock", soon: "soon", danger: "over" };

/**
 * @param {number} at ms
 * @param {number} now ms, by the server's clock
 * @param {number} [soon] minutes before the deadline at which it counts as near
 * @returns {Due} the minute that has begun counts as left, as on the server's page
 */
export function dueOf(at, now, soon = 60) {
  const seconds = Math.floor((at - now) / 1000);
  if (seconds <= 0) return { tone: "danger", minutes: Math.floor(Math.abs(seconds) / 60), over: true };
  return { tone: seconds <= soon * 60 ? "soon" : "idle", minutes: Math.ceil(seconds / 60), over: false };
}

/**
 * @param {Due} due
 * @param {typeof import("./words.js").t} t
 * @returns {string} 还剩 38 分, 时限已到, 已超时 2 小时 5 分
 */
export function dueWords(due, t) {
  if (due.over && !due.minutes) return t("时限已到");
  const left = span(due.minutes, t);
  return due.over ? t("已超时 %(left)s", { left }) : t("还剩 %(left)s", { left });
}

/**
 * @param {number} since ms
 * @param {number} now ms, by the server's clock
 * @param {typeof import("./words.js").t} t
 * @returns {string} 已等 2 小时 5 分
 */
export function waitedWords(since, now, t) {
  return t("已等 %(time)s", { time: span(Math.max(0, Math.floor((now - since) / 60_000)), t) });
}

/**
 * @param {number} minutes
 * @param {typeof import("./words.js").t} t
 */
function span(minutes, t) {
  if (minutes < 60) return t("%(minutes)s 分", { minutes });
  if (minutes < 1440) return t("%(hours)s 小时 %(minutes)s 分", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return t("%(days)s 天 %(hours)s 小时", { days: Math.floor(minutes / 1440), hours: Math.floor((minutes % 1440) / 60) });
}
