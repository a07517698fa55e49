// Light or dark: the system's, until the reader chooses. The choice is a cookie, so that the page comes in it.
import { t } from "../lib/words.js";
import { changeIcon } from "./icon.js";

const YEAR = 31_536_000; // seconds
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function offerThemes() {
  const button = document.querySelector("[data-theme-toggle]");
  applyChoice();
  if (!button) return;
  nameOther(button);
  dark.addEventListener("change", () => nameOther(button));
  button.addEventListener("click", () => (choose(other()), nameOther(button)));
}

function applyChoice() {
  const chosen = /(?:^|; )lianzhen_theme=(light|dark)/.exec(document.cookie)?.[1];
  if (chosen) document.documentElement.dataset.bsTheme = chosen;
}

/** @returns {"light" | "dark"} the one that is not shown now */
function other() {
  const shown = document.documentElement.dataset.bsTheme ?? (dark.matches ? "dark" : "light");
  return shown === "dark" ? "light" : "dark";
}

/** @param {"light" | "dark"} theme */
function choose(theme) {
  document.documentElement.dataset.bsTheme = theme;
  document.cookie = `lianzhen_theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
}

/** @param {Element} button */
function nameOther(button) {
  const word = button.querySelector("[data-theme-word]");
  if (word) word.textContent = other() === "dark" ? t("深色") : t("浅色");
  changeIcon(button, other() === "dark" ? "moon" : "sun");
}
