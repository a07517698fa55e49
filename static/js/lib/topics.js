// Which hint concerns which part of a page.

/**
 * @param {string} watched topics of a region, separated by spaces; "post:*" takes every post
 * @param {string} topic of a hint, "post:1f…"
 */
export function concerns(watched, topic) {
  const kind = topic.split(":", 1)[0];
  return watched.split(/\s+/).some((one) => one === topic || one === `${kind}:*`);
}
