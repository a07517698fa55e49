// What stands where the call was: waiting, moved, ended.

import { standing } from "../../lib/sayings.js";
import { byId, icon } from "./page.js";

/**
 * @param {string} reason as in lib/sayings.js
 * @param {{says?: string, again: () => void}} ends
 */
export function showStanding(reason, { says, again }) {
  const { title, words, icon: picture, again: word } = standing(reason, says);
  byId("after-mark").replaceChildren(icon(picture, "xl"));
  byId("after-title").textContent = title;
  byId("after-words").textContent = words;
  const button = byId("after-again");
  button.hidden = !word;
  button.textContent = word ?? "";
  button.onclick = again;
  showPart("after");
}

/** @param {"check" | "call" | "after"} part */
export function showPart(part) {
  byId("room").dataset.state = part;
  for (const one of ["check", "call", "after"]) byId(one).hidden = one !== part;
}
