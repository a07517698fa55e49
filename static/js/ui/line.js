// The dot in the head: whether this page hears of changes.
import { t } from "../lib/words.js";
import { toast } from "./toast.js";

/** @param {"on" | "lost" | "out"} line  out: the server ended this sign-in */
export function showLine(line) {
  const place = document.getElementById("line-state");
  if (!place || place.dataset.line === line) return;
  const words = { on: t("已连接"), lost: t("重新连接中…"), out: t("登录已失效") };
  place.dataset.line = line === "on" ? "on" : "lost";
  const word = place.querySelector(".line-word");
  if (word) word.textContent = words[line];
  if (line === "on") document.dispatchEvent(new CustomEvent("line:on"));
  if (line === "out") offerSignIn();
}

function offerSignIn() {
  toast({
    text: t("登录已失效。已保存的内容都在，重新登录后继续。"),
    tone: "danger",
    label: t("重新登录"),
    undo: () => location.reload(),
  });
}
