// How loud: one's own microphone through an analyser, the others from what their packets say.

/** Measures one track at a time. */
export class Meter {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  #samples = new Float32Array(1024);
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

  /** @returns {number | null} RMS 0..1; null while nothing can be measured */
  get level() {
    if (!this.#source || !this.#analyser || this.#context?.state !== "running") return null;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
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

/**
 * @param {RTCRtpReceiver | undefined} receiver
 * @returns {number} 0..1
 */
export function heardLevel(receiver) {
  return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
}
