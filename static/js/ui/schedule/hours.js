// Weekly hours: one button gives Tuesday to Friday what Monday has.

/** @returns {() => void} disconnects */
export function offerCopyOfMonday() {
  const button = document.querySelector("[data-copy-monday]");
  if (!(button instanceof HTMLElement)) return () => {};
  button.hidden = false;
  button.addEventListener("click", copyMonday);
  return () => ((button.hidden = true), button.removeEventListener("click", copyMonday));
}

function copyMonday() {
  const monday = inputsOf(0);
  for (const weekday of [1, 2, 3, 4]) {
    inputsOf(weekday).forEach((input, place) => {
      input.value = monday[place]?.value ?? "";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

/**
 * @param {number} weekday 0 is Monday
 * @returns {HTMLInputElement[]}
 */
function inputsOf(weekday) {
  const found = document.querySelectorAll(`[data-weekday="${weekday}"] input[type=time]`);
  return [...found].filter((one) => one instanceof HTMLInputElement);
}
