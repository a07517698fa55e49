// What a person hears, measured from outside the page: a microphone that never pauses, and how long nothing of it was heard.

// Whoever has the tone sends it without a pause, so that silence at the other end is a gap.
const tone = () => {
  const context = new AudioContext();
  const [oscillator, out] = [context.createOscillator(), context.createMediaStreamDestination()];
  oscillator.connect(out);
  oscillator.start();
  return out.stream.getAudioTracks()[0];
};
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wishes) => {
  const stream = await real(wishes.video ? { ...wishes, video: { width: 320, height: 180 } } : wishes); // many encoders share the machine
  if (!document.cookie.includes("who=zhang") || !wishes.audio) return stream;
  for (const track of stream.getAudioTracks()) stream.removeTrack(track);
  stream.addTrack(tone());
  return stream;
};

const BLOCK = 1024;
const HEARD = 0.01; // the largest sample of a block that counts as sound

// Listens to all that plays in #sounds: {ms of sound, longest gap in ms, elements that played}.
window.listening = () => {
  const context = new AudioContext();
  const mixed = context.createScriptProcessor(BLOCK, 1, 1);
  const sources = new Map();
  const seen = { heard: 0, gap: 0, longest: 0, elements: 0 };
  const follow = () => {
    for (const element of document.querySelectorAll("#sounds audio")) {
      if (sources.has(element) || element.paused || !element.srcObject) continue;
      sources.set(element, context.createMediaStreamSource(element.srcObject));
      sources.get(element).connect(mixed);
      seen.elements += 1;
    }
    for (const [element, source] of sources) if (!element.isConnected) (source.disconnect(), sources.delete(element));
  };
  mixed.onaudioprocess = ({ inputBuffer }) => {
    follow();
    const ms = (BLOCK / inputBuffer.sampleRate) * 1000;
    const loud = inputBuffer.getChannelData(0).some((sample) => Math.abs(sample) > HEARD);
    if (loud) [seen.heard, seen.gap] = [seen.heard + ms, 0];
    else if (seen.heard) seen.longest = Math.max(seen.longest, (seen.gap += ms));
  };
  mixed.connect(context.destination);
  window.heard = seen;
};
