// How loud: one's own microphone through an analyser, the others from what their packets say.

const HEARD = 8192; // samples, 170 ms: nothing is missed between two looks
const BLOCK = 1024; // samples; the loudest of these counts, so that a short sound is not thinned out by the silence around it

/** Measures one track at a time. */
export class Meter {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  #samples = new Float32Array(HEARD);
  #wake = () => void this.#context?.resume();

  /** @param {MediaStreamTrack | null} track */
  listenTo(track) {
    this.#source?.disconnect();
    this.#source = null;
    if (!track) return;
    const context = this.#open();
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(/** @type {AnalyserNode} */ (this.#analyser));
  }

  /** @returns {number | null} RMS 0..1 since the last look or so; null while nothing can be measured */
  get level() {
    if (!this.#source || !this.#analyser || this.#context?.state !== "running") return null;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudest(this.#samples);
  }

  close() {
    document.removeEventListener("pointerdown", this.#wake);
    document.removeEventListener("keydown", this.#wake);
    this.listenTo(null);
    void this.#context?.close();
    this.#context = this.#analyser = null;
  }

  #open() {
    if (this.#context) return this.#context;
    this.#context = new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = this.#samples.length;
    // Browsers keep a page deaf until the person has touched it.
    document.addEventListener("pointerdown", this.#wake);
    document.addEventListener("keydown", this.#wake);
    return this.#context;
  }
}

/** @param {Float32Array} samples */
function loudest(samples) {
  let loud = 0;
  for (let at = 0; at < samples.length; at += BLOCK) {
    let sum = 0;
    for (let index = at; index < at + BLOCK; index += 1) sum += samples[index] ** 2;
    loud = Math.max(loud, sum);
  }
  return Math.sqrt(loud / BLOCK);
}

/**
 * @param {RTCRtpReceiver | undefined} receiver
 * @returns {number} 0..1
 */
export function heardLevel(receiver) {
  return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
}
