// Two notes, to hear whether the speaker works.

const NOTES = [523.25, 659.25]; // C5, E5
const LASTS = 0.35; // s each

/** @param {string | undefined} speaker device id */
export async function playTone(speaker) {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  NOTES.forEach((pitch, index) => note(context, out, pitch, index * LASTS));
  const sound = new Audio();
  sound.srcObject = out.stream;
  if (speaker) await sound.setSinkId?.(speaker).catch(() => undefined);
  await sound.play();
  setTimeout(() => void context.close(), (NOTES.length * LASTS + 0.3) * 1000);
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} out
 * @param {number} pitch Hz
 * @param {number} at s from now
 */
function note(context, out, pitch, at) {
  const [tone, volume] = [context.createOscillator(), context.createGain()];
  const begin = context.currentTime + at;
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(0.25, begin + 0.03);
  volume.gain.linearRampToValueAtTime(0, begin + LASTS);
  tone.connect(volume).connect(out);
  tone.start(begin);
  tone.stop(begin + LASTS);
}
