// This person's shared screen.

const WISH = { video: { frameRate: { ideal: 10, max: 15 } }, audio: false };

export class Screen {
  /** @type {MediaStreamTrack | null} */
  track = null;

  /** @param {(track: MediaStreamTrack | null) => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  get supported() {
    return Boolean(navigator.mediaDevices?.getDisplayMedia);
  }

  /** Nothing happens when the person changes their mind in the browser's own question. */
  async start() {
    const stream = await navigator.mediaDevices.getDisplayMedia(WISH).catch(() => null);
    const track = stream?.getVideoTracks()[0];
    if (!track) return;
    track.contentHint = "detail"; // letters and hairlines before smooth movement
    track.addEventListener("ended", () => this.stop());
    this.track = track;
    this.changed(track);
  }

  stop() {
    if (!this.track) return;
    this.track.stop();
    this.track = null;
    this.changed(null);
  }
}
