// A camera or microphone does not open: which of four, how to mend it, and how to go on without.

import { browserOf } from "../../lib/trouble.js";
import { troubleSays } from "../../lib/sayings.js";
import { t } from "../../lib/words.js";

/** @typedef {import("../../lib/trouble.js").Trouble} Trouble */
/** @typedef {import("../../lib/trouble.js").Sense} Sense */

/**
 * The one trouble to speak of: without a microphone nobody is heard, so it comes first.
 * @param {Record<Sense, Trouble | null>} troubles
 * @param {Set<Sense>} accepted senses the person has chosen to go on without
 * @returns {{sense: Sense, title: string, how: string, without: string} | null}
 */
export function oneTrouble(troubles, accepted) {
  const sense = /** @type {Sense[]} */ (["audio", "video"]).find((one) => troubles[one] && !accepted.has(one));
  if (!sense) return null;
  const trouble = /** @type {Trouble} */ (troubles[sense]);
  return { sense, ...troubleSays(trouble, sense, browserOf(navigator.userAgent)), without: withoutWord(sense, troubles) };
}

/**
 * @param {Sense} sense
 * @param {Record<Sense, Trouble | null>} troubles
 */
function withoutWord(sense, troubles) {
  if (sense === "video") return t("仅语音继续");
  return troubles.video ? t("只看和打字继续") : t("不用麦克风继续");
}
