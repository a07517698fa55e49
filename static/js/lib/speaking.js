// Who is speaking, and whose microphone gives nothing at all.

export const SPEECH = 0.02; // RMS level (0 to 1) that counts as speech
export const DEAD = 0.0002; // below this not even a quiet room is heard: unplugged inside, or muted by the system
export const DEAD_AFTER = 5000; // ms of nothing before one is told
const HOLD = 900; // ms a speaker keeps the ring after the last sound
const SWITCH = 1500; // ms somebody else must speak before the stage changes hands

/**
 * @typedef {{id: string, level: number}} Heard
 * @typedef {{lastHeard: Map<string, number>, stage: string | null, challenger: string | null, since: number}} Floor
 */

/** @returns {Floor} */
export function emptyFloor() {
  return { lastHeard: new Map(), stage: null, challenger: null, since: 0 };
}

/**
 * @param {Floor} floor changed in place
 * @param {Heard[]} heard everybody's level now
 * @param {number} now ms, monotonic
 * @returns {{speaking: Set<string>, stage: string | null}} who wears the ring, and who holds the stage
 */
export function listen(floor, heard, now) {
  for (const { id, level } of heard) if (level >= SPEECH) floor.lastHeard.set(id, now);
  const speaking = new Set([...floor.lastHeard].filter(([, at]) => now - at < HOLD).map(([id]) => id));
  const loudest = heard.filter(({ id }) => speaking.has(id)).sort((a, b) => b.level - a.level)[0];
  if (loudest) challenge(floor, loudest.id, now, speaking);
  return { speaking, stage: floor.stage };
}

/**
 * @param {Floor} floor
 * @param {string} id
 * @param {number} now
 * @param {Set<string>} speaking
 */
function challenge(floor, id, now, speaking) {
  if (id === floor.stage) floor.challenger = null;
  else if (!floor.stage) floor.stage = id;
  else if (floor.challenger !== id) [floor.challenger, floor.since] = [id, now];
  else if (now - floor.since >= SWITCH || !speaking.has(floor.stage)) [floor.stage, floor.challenger] = [id, null];
}

/**
 * @typedef {{quietSince: number | null}} Ear
 * @returns {Ear}
 */
export function newEar() {
  return { quietSince: null };
}

/**
 * @param {Ear} ear changed in place
 * @param {number | null} level null: not measured now (muted, or the page may not listen yet)
 * @param {number} now ms, monotonic
 * @returns {boolean} the microphone is on and has given nothing for five seconds
 */
export function isDead(ear, level, now) {
  if (level === null || level > DEAD) ear.quietSince = null;
  else ear.quietSince ??= now;
  return ear.quietSince !== null && now - ear.quietSince >= DEAD_AFTER;
}
