// One picture of the page's own set.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name as in templates/partials/icons.svg
 * @param {string} [size] "", "sm", "lg", "xl"
 */
export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", size ? `icon icon-${size}` : "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @param {Element} holder whose icon becomes another
 * @param {string} name
 */
export function changeIcon(holder, name) {
  holder.querySelector("use")?.setAttribute("href", `#i-${name}`);
}
