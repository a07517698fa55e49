// The call: one's seat in the room, the connections to the others, and what is shown of both.

import { filmSays, refusalSays } from "../../lib/sayings.js";
import { t } from "../../lib/words.js";
import { Relays } from "../../media/ice.js";
import { Lines } from "../../media/lines.js";
import { lay } from "../../media/link.js";
import { Screen } from "../../media/screen.js";
import { post } from "../../net/http.js";
import { Seat } from "../../net/seat.js";
import { newId } from "../../net/tab.js";
import { Gone, Wire } from "../../net/wire.js";
import { toast } from "../toast.js";
import { Bell } from "./bell.js";
import { Ears } from "./ears.js";
import { Faces } from "./faces.js";
import { Minutes } from "./minutes.js";
import { Network } from "./network.js";
import { byId } from "./page.js";
import { PeopleView } from "./people.js";
import { Recording } from "./recording.js";
import { banner, placeSays, Scene } from "./scene.js";
import { Side } from "./side.js";
import { Sounds } from "./sounds.js";
import { Talk } from "./talk.js";
import { Withdrawal } from "./withdrawal.js";

/** @typedef {import("../../media/capture.js").Capture} Capture */
/** @typedef {import("../../lib/journal.js").Entry} Entry */
/** @typedef {import("../../lib/roster.js").Change} Change */
/**
 * @typedef {object} CallEnds
 * @property {import("./page.js").Facts} facts
 * @property {Capture} capture
 * @property {import("../../media/levels.js").Meter} meter
 * @property {() => Record<string, string>} credentials  what a guest's link proves, sent with the request for a ticket
 * @property {() => void} seated
 * @property {(now: {mic: boolean, cam: boolean, screen: boolean, hand: boolean, reachable: boolean}) => void} drawn
 * @property {(reason: string, says?: string) => void} over
 */

const LISTEN_EVERY = 190; // ms; no part of half a second: the looks must not fall between the beats of a sound that repeats

export class Call {
  /** @type {import("../../media/link.js").Tracks} */
  tracks = { audio: null, camera: null, screen: null };
  /** @type {Lines | null} */
  lines = null;
  hand = false;
  /** @type {string | null} */
  pinned = null;
  ears = new Ears();
  minutes = new Minutes();
  relays = new Relays(() => this.seat.ask("ice"));
  withdrawal = new Withdrawal(() => void this.ask("end"));
  #told = "";
  #beganAt = 0;
  #drawn = false;
  /** @type {import("../../media/link.js").Laid | null} before there are lines */
  #laid = null;
  /** @type {ReturnType<typeof setInterval>[]} */
  #beats = [];

  /** @param {CallEnds} ends */
  constructor(ends) {
    this.ends = ends;
    const { facts, capture } = ends;
    this.capture = capture;
    this.screen = new Screen((track) => this.own("screen", track));
    this.seat = new Seat({
      wire: new Wire(facts.signalling),
      admission: () => post(facts.join, ends.credentials()),
      page: newId(),
      listener: this.#listener(),
    });
    this.network = new Network({
      seat: this.seat,
      ties: () => this.lines?.measured ?? [],
      changed: () => (this.lines?.networkChanged(), this.changed()),
    });
    this.faces = new Faces(byId("faces"), { pin: (key) => this.pin(key), firstFrame: (face) => this.#pictureCame(face) });
    this.scene = new Scene(this.faces);
    this.sounds = new Sounds(byId("sounds"), capture.choices.speaker);
    this.people = new PeopleView((deed, { id }) => void this.ask(deed, { who: id }));
    this.side = new Side((tab, open) => open && this.#looked(tab));
    this.bell = new Bell({ isLooking: () => this.side.isShown("people"), look: () => this.side.show("people") });
    const ask = (/** @type {string} */ name, /** @type {Record<string, any>} */ payload = {}) => this.seat.ask(name, payload);
    this.recording = new Recording({ ask, changed: () => this.changed(), consentAt: facts.consent, words: filmSays() });
    this.talk = new Talk({
      room: facts.room,
      zone: facts.zone,
      seat: this.seat,
      isShown: () => this.side.isShown("chat"),
      nameOf: (id) => this.minutes.nameOf(id),
    });
  }

  /** What takes time and tells nobody: whether the call is this page's is not known yet. */
  prepare() {
    this.seat.prepare();
  }

  /** @param {boolean} move take the call over from another page or device */
  begin(move) {
    this.tracks.audio = this.capture.tracks.audio;
    this.tracks.camera = this.capture.tracks.video;
    this.#beganAt = performance.now();
    this.seat.enter(move);
    this.network.connect();
    this.#beats = [setInterval(() => this.#listen(), LISTEN_EVERY), setInterval(() => this.changed(), 1000)];
  }

  /** Everything this call holds is let go, the camera's lamp included. */
  end() {
    for (const beat of this.#beats) clearInterval(beat);
    this.network.disconnect();
    this.screen.stop();
    this.lines?.close();
    this.lines = null;
    this.#laid?.pc.close();
    this.faces.clear();
    this.sounds.clear();
  }

  /**
   * A track of one's own was opened, exchanged or stopped.
   * @param {import("../../media/link.js").Place} place
   * @param {MediaStreamTrack | null} track
   */
  own(place, track) {
    this.tracks[place] = track;
    this.lines?.replace(place);
    this.changed();
  }

  /** Something changed: heard at once, drawn once at the next frame, which a page in the background never has. */
  changed() {
    this.#tellMedia();
    if (this.lines) this.sounds.playAll(this.lines.ties);
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => ((this.#drawn = false), this.#draw()));
  }

  /** @param {import("../../lib/faces.js").Face} face */
  #pictureCame({ mine }) {
    if (mine) return;
    performance.mark("room-first-frame");
    this.side.fill();
  }

  /** @param {string} key */
  pin(key) {
    this.pinned = this.pinned === key ? null : key;
    this.changed();
  }

  async raiseHand() {
    this.hand = !this.hand;
    this.changed();
    await this.ask("hand", { up: this.hand });
  }

  toggleScreen() {
    if (this.screen.track) this.screen.stop();
    else void this.screen.start();
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} [payload]
   */
  async ask(name, payload) {
    try {
      const answer = await this.seat.ask(name, payload);
      if (!answer.ok) toast({ text: refusalSays(answer.error.code), tone: "danger" });
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      toast({ text: t("正在重新连接，没有完成，请稍后再试"), tone: "soon" });
    }
  }

  /** @returns {import("../../net/seat.js").Live} what is wanted on and has not failed: the camera may still be opening */
  live() {
    const { choices, trouble } = this.capture;
    const may = this.seat.me?.may ?? ["speak", "share"];
    const speak = may.includes("speak");
    return {
      mic: speak && !choices.muted && !trouble.audio,
      cam: speak && !choices.dark && !trouble.video,
      screen: may.includes("share") && Boolean(this.tracks.screen),
    };
  }

  /** @returns {import("../../net/seat.js").SeatListener} */
  #listener() {
    return {
      live: () => this.live(),
      asked: () => void (this.lines ?? (this.#laid ??= lay())), // it takes a while, and the answer is under way
      flows: ({ id }) => Boolean(this.lines?.ties.get(id)?.link.connected),
      placed: (place) => this.#placed(place),
      seated: ({ me, ice, first, room }) => (this.withdrawal.begin(room.withdrawn, me.host), this.#seated(me, ice, first)),
      people: (change, calling) => this.#met(change, calling),
      entries: (entries, how) => this.#heard(entries, how),
      signal: (signal) => this.lines?.take(signal),
      offered: (offer) => this.lines?.offered(offer),
      mediaLost: (way) => this.lines?.lost(way),
      muted: () => this.#mutedByHost(),
      closed: (reason, says) => this.ends.over(reason, says),
    };
  }

  /** @param {import("../../net/seat.js").Place} place */
  #placed(place) {
    if (place === "waiting") this.ends.over("waiting");
    if (place === "in") this.#told = "";
    performance.mark(`room-${place}`); // the benchmarks read these
    this.changed();
  }

  /**
   * @param {import("../../net/seat.js").Me} me
   * @param {import("../../media/ice.js").Ice} ice
   * @param {boolean} first
   */
  #seated(me, ice, first) {
    this.minutes.know([me]);
    this.relays.renew(ice);
    this.lines ??= this.#newLines(me.id);
    if (first) this.ends.seated();
    if (this.hand) queueMicrotask(() => this.seat.hint("hand", { up: true }));
    queueMicrotask(() => this.talk.begin());
  }

  /** @param {string} me */
  #newLines(me) {
    const laid = this.#laid ?? lay();
    this.#laid = null;
    return new Lines(
      {
        me,
        tracks: this.tracks,
        send: (to, page, step) => this.seat.hint("signal", { to, page, ...step }),
        ask: (name, payload) => this.seat.ask(name, payload),
        may: () => this.seat.me?.may ?? [],
        reachable: () => this.seat.place === "in",
        changed: () => this.changed(),
      },
      this.relays,
      laid,
    );
  }

  /**
   * @param {Change} change
   * @param {boolean} calling
   */
  #met({ roster }, calling) {
    this.minutes.know(roster.peers);
    this.lines?.meet(roster, calling);
    this.bell.ring(roster.waiting.length);
    this.changed();
  }

  /** @param {import("./side.js").Tab} tab */
  #looked(tab) {
    if (tab === "chat") this.talk.seen();
    if (tab === "people") this.bell.seen();
  }

  /**
   * @param {Entry[]} entries
   * @param {{fresh: boolean, afresh: boolean}} how
   */
  #heard(entries, how) {
    this.minutes.read(entries);
    this.talk.take(entries, how);
    this.withdrawal.read(entries, Boolean(this.seat.me?.host));
    if (how.fresh) this.minutes.announce(entries, this.seat.me?.id);
    this.changed();
  }

  #mutedByHost() {
    this.capture.setMuted(true);
    toast({ text: t("主持人已将您静音"), tone: "info" });
  }

  /** Says what is on now to everybody, when it is not what was said last. */
  #tellMedia() {
    if (this.seat.place !== "in") return;
    const live = this.live();
    const now = JSON.stringify(live);
    if (now === this.#told) return;
    this.#told = now;
    void this.#sayMedia(live);
  }

  /** @param {import("../../net/seat.js").Live} live said again at the next beat when it did not arrive */
  async #sayMedia(live) {
    const answer = await this.seat.ask("media", live).catch(() => null);
    if (!answer?.ok && answer?.error.code !== "room.not_allowed") this.#told = "";
  }

  #listen() {
    const { me, roster } = this.seat;
    const level = this.tracks.audio && !this.capture.choices.muted ? this.ends.meter.level : null;
    const room = { peers: roster.peers, ties: this.lines?.ties, me: me?.id ?? "", level, now: performance.now() };
    if (this.ears.look(room)) this.changed();
    this.faces.ring(this.ears.speaking);
  }

  #draw() {
    const { me, roster, place } = this.seat;
    const now = performance.now();
    banner(placeSays(place, now - this.#beganAt));
    if (!me || !this.lines) return;
    const { mic, cam } = this.live();
    const reachable = place === "in";
    const own = { mic, hand: this.hand, dead: this.ears.dead, networkChanged: this.network.hasJustChanged(now) };
    const { ties } = this.lines;
    const view = { me, peers: roster.peers, ties, tracks: this.tracks, own, speaking: this.ears.speaking };
    const { faces, stage } = this.scene.draw({ ...view, speaker: this.ears.speaker, pinned: this.pinned, reachable, now });
    this.lines.favour(faces, stage);
    this.recording.show({ recording: roster.recording, stage: true, group: 0 }, { host: me.host, hand: false });
    this.people.show(roster, { ...me, mic, cam, hand: this.hand, away: false }, me.host);
    const serverNow = Date.now() + this.seat.offset;
    this.scene.clock(this.minutes.began ?? serverNow, serverNow, this.ends.facts.endsAt);
    this.ends.drawn({ mic, cam, screen: Boolean(this.tracks.screen), hand: this.hand, reachable });
  }
}
