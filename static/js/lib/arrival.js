// When somebody has come over from the mesh: what the server brings of them is really being played.

const SOUND = 9600; // samples played, a fifth of a second
const PICTURE_WITHIN = 4000; // ms the sound waits for a picture: words are what must not be lost

/**
 * @param {{mic: boolean, cam: boolean}} peer what they say is on
 * @param {{laid: boolean, played: number, frames: number, waited: number}} seen
 *   `laid`: there is a place for their sound; `played` samples of it, `frames` of their camera; `waited` ms for the picture
 */
export function hasArrived({ mic, cam }, { laid, played, frames, waited }) {
  return isHeard(mic, { laid, played }) && (!cam || frames > 0 || waited > PICTURE_WITHIN);
}

/**
 * A microphone that is muted sends silence; of one that is not there nothing is missed.
 * @param {boolean} mic
 * @param {{laid: boolean, played: number}} seen
 */
export function isHeard(mic, { laid, played }) {
  return laid && (!mic || played >= SOUND);
}
