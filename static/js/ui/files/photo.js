// A photograph: zoomed, moved, turned.
import { t } from "../../lib/words.js";
import { derived, fetched } from "./mount.js";
import { bar, button, isForField, make, toggleFull } from "./parts.js";
import { Stage } from "./stage.js";

/** @type {import("./mount.js").Mount} */
export async function mountPhoto(element, { id, name, signal }) {
  const response = await fetched(derived(id, "preview"), signal);
  const picture = await createImageBitmap(await response.blob());
  const stage = new Stage({ label: name ? t("照片：%(name)s", { name }) : t("照片") }, signal);
  const tools = bar(
    t("照片工具"),
    button(t("放大"), () => stage.zoomBy(1.25), { icon: "plus", bare: true, key: "+" }),
    button(t("缩小"), () => stage.zoomBy(0.8), { icon: "minus", bare: true, key: "-" }),
    button(t("旋转"), () => stage.turn(), { icon: "refresh", key: "R" }),
    button(t("复位"), () => stage.fit(), { icon: "undo", key: "0" }),
    button(t("全屏"), () => toggleFull(element), { icon: "full", bare: true, key: "F" }),
  );
  element.replaceChildren(tools, make("div", "viewer-stage", stage.canvas));
  stage.show(picture, { width: picture.width, height: picture.height });
  element.addEventListener("keydown", (event) => onKey(event, stage, element), { signal });
}

/**
 * @param {KeyboardEvent} event
 * @param {Stage} stage
 * @param {HTMLElement} element
 */
function onKey(event, stage, element) {
  if (isForField(event) || event.ctrlKey || event.altKey || event.metaKey) return;
  const act = {
    "+": () => stage.zoomBy(1.25),
    "=": () => stage.zoomBy(1.25),
    "-": () => stage.zoomBy(0.8),
    0: () => stage.fit(),
    r: () => stage.turn(),
    f: () => toggleFull(element),
    ArrowLeft: () => stage.move(40, 0),
    ArrowRight: () => stage.move(-40, 0),
    ArrowUp: () => stage.move(0, 40),
    ArrowDown: () => stage.move(0, -40),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}
