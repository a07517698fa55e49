// After a quarter of an hour without a touch the chart is locked, and the call goes on. One unlocks it beside the call.

import { t } from "../lib/words.js";
import { Refused } from "../net/http.js";
import { prove } from "./proof.js";
import { toast } from "./toast.js";

/** @param {unknown} trouble */
export function isLocked(trouble) {
  return trouble instanceof Refused && trouble.status === 401;
}

/** Whatever finds the chart locked says so; whatever waits for it hears `unlocked`. */
export function askToUnlock() {
  document.dispatchEvent(new CustomEvent("locked"));
}

export function tendTheLock() {
  document.addEventListener("locked", () => void unlock());
}

let unlocking = false;

async function unlock() {
  if (unlocking) return;
  unlocking = true;
  const unlocked = await prove({
    title: t("病历已锁定"),
    lead: t("15 分钟没有操作，病历已锁定，通话不受影响。验证身份后接着看、接着写。"),
    expired: t("登录已到期，通话照常：写下的意见仍可凭密码签名，要看病历请在通话后重新登录"),
  }).finally(() => (unlocking = false));
  if (!unlocked) return;
  toast({ text: t("已解锁") });
  document.dispatchEvent(new CustomEvent("unlocked"));
  document.dispatchEvent(new CustomEvent("line:on")); // what could not be saved is saved now
}
