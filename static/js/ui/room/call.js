// The call: one's seat in the room, the connections to the others, and what is shown of both.

import { isDead, emptyFloor, listen, newEar, SPEECH } from "../../lib/speaking.js";
import { refusalSays } from "../../lib/sayings.js";
import { t } from "../../lib/words.js";
import { heardLevel } from "../../media/levels.js";
import { Mesh } from "../../media/mesh.js";
import { Screen } from "../../media/screen.js";
import { post } from "../../net/http.js";
import { Seat } from "../../net/seat.js";
import { Gone, Wire } from "../../net/wire.js";
import { toast } from "../toast.js";
import { ChatView } from "./chat.js";
import { Faces } from "./faces.js";
import { announce, byId } from "./page.js";
import { PeopleView } from "./people.js";
import { banner, Scene } from "./scene.js";
import { Side } from "./side.js";
import { Sounds } from "./sounds.js";
import { Talk } from "./talk.js";

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

const LISTEN_EVERY = 200; // ms
const REPORT_EVERY = 5000; // ms
const NOTICE_FOR = 4000; // ms the own tile says that the network has changed

export class Call {
  /** @type {import("../../media/link.js").Tracks} */
  tracks = { audio: null, camera: null, screen: null };
  /** @type {Mesh | null} */
  mesh = null;
  hand = false;
  /** @type {string | null} */
  pinned = null;
  #floor = emptyFloor();
  #mine = emptyFloor();
  #ear = newEar();
  #dead = false;
  /** @type {Set<string>} */
  #speaking = new Set();
  /** @type {number | null} */
  #began = null;
  #networkChangedAt = -Infinity;
  #told = "";
  #unsayWaiting = () => {};
  #drawn = false;
  /** @type {Map<string, string>} */
  #names = new Map();
  /** @type {ReturnType<typeof setInterval>[]} */
  #beats = [];
  #network = () => this.#networkChanged();
  #seen = () => document.visibilityState === "visible" && this.seat.hurry();

  /** @param {CallEnds} ends */
  constructor(ends) {
    this.ends = ends;
    const { facts, capture } = ends;
    this.capture = capture;
    this.screen = new Screen((track) => this.own("screen", track));
    this.seat = new Seat({
      wire: new Wire(facts.signalling),
      admission: () => post(facts.join, ends.credentials()),
      page: crypto.randomUUID(),
      listener: this.#listener(),
    });
    this.faces = new Faces(byId("faces"), { pin: (key) => this.pin(key), firstFrame });
    this.scene = new Scene(this.faces);
    this.sounds = new Sounds(byId("sounds"), capture.choices.speaker);
    this.people = new PeopleView((deed, who) => void this.#host(deed, who));
    this.side = new Side((tab, open) => open && this.#looked(tab));
    const nameOf = (/** @type {string | null} */ id) => this.#names.get(id ?? "") ?? t("会诊室");
    const me = () => this.seat.me?.id ?? "";
    const draft = `room-draft ${facts.room}`;
    const typed = (/** @type {string} */ text) => sessionStorage.setItem(draft, text);
    this.chat = new ChatView({ zone: facts.zone, me, nameOf, typed, say: (text) => this.talk.say(text) });
    this.chat.connect(sessionStorage.getItem(draft) ?? "");
    const isShown = () => this.side.isShown("chat");
    this.talk = new Talk({ room: facts.room, seat: this.seat, view: this.chat, isShown, nameOf });
  }

  /** @param {boolean} move take the call over from another page or device */
  begin(move) {
    this.tracks.audio = this.capture.tracks.audio;
    this.tracks.camera = this.capture.tracks.video;
    this.seat.enter(move);
    globalThis.addEventListener("online", this.#network);
    connection()?.addEventListener("change", this.#network);
    document.addEventListener("visibilitychange", this.#seen);
    this.#beats = [
      setInterval(() => this.#listen(), LISTEN_EVERY),
      setInterval(() => this.#report(), REPORT_EVERY),
      setInterval(() => this.changed(), 1000),
    ];
  }

  /** Everything this call holds is let go, the camera's lamp included. */
  end() {
    for (const beat of this.#beats) clearInterval(beat);
    globalThis.removeEventListener("online", this.#network);
    connection()?.removeEventListener("change", this.#network);
    document.removeEventListener("visibilitychange", this.#seen);
    this.screen.stop();
    this.mesh?.close();
    this.mesh = null;
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
    this.mesh?.replace(place);
    this.changed();
  }

  /** Something changed: drawn once, at the next frame, however often it is said. */
  changed() {
    this.#tellMedia();
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => ((this.#drawn = false), this.#draw()));
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
      flows: ({ id }) => Boolean(this.mesh?.ties.get(id)?.link.connected),
      placed: (place) => this.#placed(place),
      seated: ({ me, ice, first }) => this.#seated(me, ice, first),
      people: (change, calling) => this.#met(change, calling),
      entries: (entries, how) => this.#heard(entries, how),
      signal: (signal) => this.mesh?.take(signal),
      muted: () => this.#mutedByHost(),
      closed: (reason, says) => this.ends.over(reason, says),
    };
  }

  /** @param {import("../../net/seat.js").Place} place */
  #placed(place) {
    banner(place === "away" ? t("与服务器的连接断开，正在重新连接；通话继续") : "");
    if (place === "waiting") this.ends.over("waiting");
    if (place === "in") this.#told = "";
    this.changed();
  }

  /**
   * @param {import("../../net/seat.js").Me} me
   * @param {import("../../media/mesh.js").Ice} ice
   * @param {boolean} first
   */
  #seated(me, ice, first) {
    this.#names.set(me.id, me.name);
    if (this.mesh) this.mesh.renew(ice);
    else this.mesh = this.#newMesh(me.id, ice);
    if (first) this.ends.seated();
    if (this.hand) queueMicrotask(() => this.seat.hint("hand", { up: true }));
    queueMicrotask(() => this.talk.begin());
  }

  /**
   * @param {string} me
   * @param {import("../../media/mesh.js").Ice} ice
   */
  #newMesh(me, ice) {
    return new Mesh(
      {
        me,
        tracks: this.tracks,
        send: (to, page, step) => this.seat.hint("signal", { to, page, ...step }),
        freshIce: () => this.#freshIce(),
        reachable: () => this.seat.place === "in",
        changed: () => this.changed(),
      },
      ice,
    );
  }

  async #freshIce() {
    const answer = await this.seat.ask("ice").catch(() => null);
    return answer?.ok ? answer.ice : null;
  }

  /**
   * @param {Change} change
   * @param {boolean} calling
   */
  #met({ roster }, calling) {
    for (const { id, name } of roster.peers) this.#names.set(id, name);
    this.mesh?.meet(roster.peers, calling);
    this.#tellWaiting(roster.waiting.length);
    this.changed();
  }

  /** @param {import("./side.js").Tab} tab */
  #looked(tab) {
    if (tab === "chat") this.talk.seen();
    if (tab === "people") this.#unsayWaiting();
  }

  /** @param {number} count */
  #tellWaiting(count) {
    const place = byId("people-count");
    const more = count > Number(place.textContent || 0);
    place.hidden = !count;
    place.textContent = String(count);
    if (!count || more) this.#unsayWaiting();
    if (!more || this.side.isShown("people")) return;
    const text = t("有人在等候室等待准许进入");
    this.#unsayWaiting = toast({ text, tone: "info", label: t("查看"), undo: () => this.side.show("people"), stays: true });
  }

  /**
   * @param {Entry[]} entries
   * @param {{fresh: boolean, afresh: boolean}} how
   */
  #heard(entries, how) {
    for (const { at } of entries) this.#began = Math.min(this.#began ?? Infinity, Date.parse(at));
    for (const { body } of entries) if (body.who && body.name) this.#names.set(body.who, body.name);
    this.talk.take(entries, how);
    if (how.fresh) this.#announce(entries);
    this.changed();
  }

  /** @param {Entry[]} entries */
  #announce(entries) {
    const others = entries.filter(({ body }) => body.who && body.who !== this.seat.me?.id);
    for (const { kind, body } of others) {
      const name = this.#names.get(body.who) ?? "";
      if (kind === "joined") announce(t("%(name)s 进入", { name }));
      if (kind === "left") announce(t("%(name)s 离开", { name }));
    }
  }

  #mutedByHost() {
    this.capture.setMuted(true);
    toast({ text: t("主持人已将您静音"), tone: "info" });
  }

  /**
   * @param {import("./people.js").HostDeed} deed
   * @param {{id: string, name: string}} who
   */
  async #host(deed, { id }) {
    await this.ask(deed, { who: id });
  }

  /** Says what is on now to everybody, when it is not what was said last. */
  #tellMedia() {
    if (this.seat.place !== "in") return;
    const live = this.live();
    const now = JSON.stringify(live);
    if (now === this.#told) return;
    this.#told = now;
    this.seat.hint("media", live);
  }

  #networkChanged() {
    this.#networkChangedAt = performance.now();
    void this.seat.probe();
    this.mesh?.networkChanged();
    this.changed();
  }

  #listen() {
    const now = performance.now();
    const { audio } = this.tracks;
    const level = audio && !this.capture.choices.muted ? this.ends.meter.level : null;
    const heard = this.seat.roster.peers.map(({ id, mic }) => ({ id, level: mic ? this.#levelOf(id) : 0 }));
    const others = listen(this.#floor, heard, now);
    const own = listen(this.#mine, [{ id: this.seat.me?.id ?? "", level: level ?? 0 }], now);
    this.#speaking = new Set([...others.speaking, ...own.speaking]);
    this.faces.ring(this.#speaking);
    const dead = isDead(this.#ear, level, now);
    if (dead !== this.#dead) this.changed();
    this.#dead = dead;
  }

  /** @param {string} id */
  #levelOf(id) {
    return heardLevel(this.mesh?.ties.get(id)?.link.receiver("audio"));
  }

  /** The others see how one's line is. */
  #report() {
    const lines = [...(this.mesh?.ties.values() ?? [])].map(({ line }) => line).filter((line) => line !== null);
    if (!lines.length) return;
    const rooms = lines.map(({ room }) => room).filter((room) => room !== null);
    this.seat.hint("net", {
      rtt: Math.max(...lines.map(({ rtt }) => rtt)),
      loss: Math.min(1, Math.max(...lines.map(({ lossOut }) => lossOut))),
      kbps: rooms.length ? Math.min(...rooms) : 0,
    });
  }

  #draw() {
    const { me, roster, place } = this.seat;
    if (!me || !this.mesh) return;
    const now = performance.now();
    const { mic, cam } = this.live();
    const reachable = place === "in";
    const own = { mic, hand: this.hand, dead: this.#dead, networkChanged: now - this.#networkChangedAt < NOTICE_FOR };
    const view = { me, peers: roster.peers, ties: this.mesh.ties, tracks: this.tracks, own, speaking: this.#speaking };
    this.scene.draw({ ...view, speaker: this.#floor.stage, pinned: this.pinned, reachable, now });
    this.sounds.play(this.#voices());
    this.people.show(roster, { ...me, mic, cam, hand: this.hand, away: false }, me.host);
    const serverNow = Date.now() + this.seat.offset;
    this.scene.clock(this.#began ?? serverNow, serverNow, this.ends.facts.endsAt);
    this.ends.drawn({ mic, cam, screen: Boolean(this.tracks.screen), hand: this.hand, reachable });
  }

  #voices() {
    /** @type {Map<string, MediaStreamTrack>} */
    const voices = new Map();
    for (const [id, { link }] of this.mesh?.ties ?? []) {
      const track = link.receiver("audio")?.track;
      if (track) voices.set(id, track);
    }
    return voices;
  }
}

/** @returns {EventTarget | undefined} tells of a change between networks, where the browser knows */
function connection() {
  return /** @type {{connection?: EventTarget}} */ (/** @type {unknown} */ (navigator)).connection;
}

/** @param {import("../../lib/faces.js").Face} face */
function firstFrame({ mine }) {
  if (!mine) performance.mark("room-first-frame");
}
