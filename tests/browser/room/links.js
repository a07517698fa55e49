// Two links in one page, with a wire between them that a test can cut, delay and empty.
import { BUNDLED } from "../../../static/js/media/ice.js";
import { lay, Link } from "../../../static/js/media/link.js";

/** @param {{drop?: (from: string, step: object, count: number) => boolean, delay?: number}} wire */
export function pair({ drop = () => false, delay = 0 } = {}) {
  const ends = { a: null, b: null };
  const said = { a: 0, b: 0 };
  const failures = [];
  const carry = (from, to, step) => {
    const count = (said[from] += 1);
    if (drop(from, step, count)) return;
    setTimeout(() => ends[to]?.take(structuredClone({ ...step, description: step.description && { type: step.description.type, sdp: step.description.sdp } })), delay);
  };
  const make = (me, other, laid = null) => {
    ends[me]?.close();
    const own = {
      me,
      other,
      tracks: { audio: tone(), camera: picture(), screen: null },
      configuration: () => ({ ...BUNDLED, iceServers: [] }),
      freshen: async () => undefined,
      send: (step) => carry(me, other, step),
      changed: () => undefined,
      failed: (error) => failures.push(String(error)),
    };
    ends[me] = new Link(own, laid);
    return ends[me];
  };
  make("a", "b");
  make("b", "a");
  setInterval(() => Object.values(ends).forEach((end) => end.tick(performance.now(), true)), 200);
  return { ends, make, failures, said };
}

/** @param {ReturnType<typeof pair>} two */
export async function state({ ends, failures }) {
  const sides = await Promise.all(Object.values(ends).map(async ({ pc }) => ({
    connection: pc.connectionState,
    signaling: pc.signalingState,
    places: pc.getTransceivers().filter(({ mid, stopped }) => mid !== null && !stopped).map(({ currentDirection }) => currentDirection),
    loose: pc.getTransceivers().filter(({ mid }) => mid === null).length,
    frames: [...(await pc.getStats()).values()].reduce((sum, one) => sum + (one.type === "inbound-rtp" && one.kind === "video" ? (one.framesDecoded ?? 0) : 0), 0),
    agreed: agreedSound(pc.remoteDescription?.sdp ?? ""),
    ufrag: /a=ice-ufrag:(.*)/.exec(pc.localDescription?.sdp ?? "")?.[1],
  })));
  return { sides, failures };
}

/** The codecs of the sound as the other side takes them, the preferred one first. */
function agreedSound(sdp) {
  const payloads = /^m=audio \S+ \S+ (.*)$/m.exec(sdp)?.[1].trim().split(" ") ?? [];
  const named = (payload) => new RegExp(`^a=rtpmap:${payload} (.*)$`, "m").exec(sdp)?.[1].trim();
  return payloads.map((payload) => [named(payload), new RegExp(`^a=fmtp:${payload} (.*)$`, "m").exec(sdp)?.[1].trim() ?? ""].join(" "));
}

function picture() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
  const pen = canvas.getContext("2d");
  setInterval(() => ((pen.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`), pen.fillRect(0, 0, 160, 90)), 100);
  return canvas.captureStream(10).getVideoTracks()[0];
}

function tone() {
  const context = new AudioContext();
  const [source, out] = [context.createOscillator(), context.createMediaStreamDestination()];
  source.connect(out);
  source.start();
  return out.stream.getAudioTracks()[0];
}

Object.assign(window, { lay, pair, state });
