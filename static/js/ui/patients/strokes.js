// A signature as it is sent: whole pixels and milliseconds, nothing that could be anything but ink. Pure.

/** @typedef {{x: number, y: number, time: number, pressure?: number}} Point */
/** @typedef {{width: number, height: number, lines: number[][][]}} Strokes  lines of points [x, y, ms] */

/**
 * @param {{points: Point[]}[]} groups what signature_pad gives
 * @param {{width: number, height: number}} pad
 * @returns {Strokes}
 */
export function packed(groups, pad) {
  const began = groups[0]?.points[0]?.time ?? 0;
  const lines = groups.map(({ points }) => points.map(({ x, y, time }) => [x, y, time - began].map(Math.round)));
  return { width: Math.round(pad.width), height: Math.round(pad.height), lines };
}

/**
 * Back into what signature_pad draws, on a pad of another size.
 * @param {Strokes} strokes
 * @param {{width: number, height: number}} pad
 */
export function unpacked({ width, height, lines }, pad) {
  const scale = Math.min(pad.width / width, pad.height / height);
  return lines.map((line) => ({ points: line.map(([x, y, time]) => ({ x: x * scale, y: y * scale, time, pressure: 0.5 })) }));
}

/**
 * @param {string} sent
 * @returns {Strokes | null} null when nothing was written, or it cannot be read
 */
export function parsed(sent) {
  if (!sent) return null;
  try {
    const strokes = JSON.parse(sent);
    return strokes.width > 0 && strokes.height > 0 && Array.isArray(strokes.lines) ? strokes : null;
  } catch {
    return null;
  }
}
