// The hall as one person has it: a seat, the media connections, what is drawn of both.

import { delay } from "../../lib/backoff.js";
import { hallFaces, hallStage, heard } from "../../lib/hall.js";
import { hallFilmSays, hallRefusalSays } from "../../lib/hall-sayings.js";
import { t } from "../../lib/words.js";
import { HallLine, Passage } from "../../media/hall-line.js";
import { Relays } from "../../media/ice.js";
import { Screen } from "../../media/screen.js";
import { post } from "../../net/http.js";
import { Seat } from "../../net/seat.js";
import { newId } from "../../net/tab.js";
import { Gone, Wire } from "../../net/wire.js";
import { toast } from "../toast.js";
import { Faces } from "../room/faces.js";
import { Minutes } from "../room/minutes.js";
import { Recording } from "../room/recording.js";
import { announce, byId } from "../room/page.js";
import { Side } from "../room/side.js";
import { Sounds } from "../room/sounds.js";
import { Talk } from "../room/talk.js";
import { Captions } from "./captions.js";
import { Lesson } from "./lesson.js";
import { Members } from "./members.js";
import { drawHall, lookOf } from "./scene.js";
import { Standpoint } from "./standpoint.js";

/** @typedef {import("../../lib/roster.js").Hall} HallFacts */
/** @typedef {import("../../media/capture.js").Choices} Choices */

const PASSING = ["server.unavailable", "message.too_fast"];

export class Hall {
  hand = false;
  /** @type {string | null} */
  pinned = null;
  minutes = new Minutes();
  relays = new Relays(() => this.seat.ask("ice"));
  /** @type {Set<string>} */
  #speaking = new Set();
  #at = "";
  #told = "";
  #group = -1; // 0 is the hall; not known yet
  #drawn = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;

  /**
   * @param {{facts: import("../room/page.js").Facts, choices: Choices, kept: () => void,
   *   drawn: (hall: Hall) => void, over: (reason: string, says?: string) => void}} ends
   */
  constructor(ends) {
    this.ends = ends;
    const { facts } = ends;
    this.place = new Standpoint(ends.choices, { track: (place) => this.line.replace(place), changed: () => (ends.kept(), this.changed()) });
    this.line = new HallLine({ ask: (name, payload) => this.seat.ask(name, payload), changed: () => this.changed(), tracks: this.place.tracks, configuration: () => this.relays.toServer() });
    this.screen = new Screen((track) => this.place.put("screen", track));
    this.seat = new Seat({ wire: new Wire(facts.signalling), admission: () => post(facts.join, {}), page: newId(), listener: this.#listener() });
    this.faces = new Faces(byId("faces"), { pin: (key) => this.pin(key), firstFrame: () => performance.mark("hall-first-frame") });
    this.sounds = new Sounds(byId("sounds"), ends.choices.speaker);
    this.side = new Side((tab, open) => open && this.#looked(tab));
    const isShown = (/** @type {"chat" | "people"} */ tab) => this.side?.isShown(tab) ?? false;
    this.members = new Members({ act: (deed, who) => this.#deed(deed, who), isShown: () => isShown("people"), page: (after) => this.#audience(after) });
    this.lesson = new Lesson({ ask: (name, payload) => this.ask(name, payload), insist: (name, payload) => this.insist(name, payload), look: () => this.side.show("lesson"), changed: () => this.changed(), speaker: ends.choices.speaker, seat: this.seat });
    this.recording = new Recording({ ask: (name, payload) => this.seat.ask(name, payload), changed: () => this.changed(), consentAt: `${facts.wayOut}#patients`, words: hallFilmSays() });
    this.captions = new Captions({ ask: (name, payload) => this.ask(name, payload), refused: (name, payload) => this.#asked(name, payload), changed: () => this.changed(), page: facts.wayOut });
    const nameOf = (/** @type {string | null} */ id) => this.minutes.nameOf(id);
    this.talk = new Talk({ room: facts.room, zone: facts.zone, seat: this.seat, isShown: () => isShown("chat"), nameOf, unsay: (seq) => this.#unsay(seq) });
  }

  /** @returns {HallFacts | null} */
  get facts() {
    return this.seat.roster.hall ?? null;
  }

  /** @param {boolean} move */
  begin(move) {
    this.seat.enter(move);
    this.lesson.begin();
    this.#beat = setInterval(() => this.changed(), 1000);
  }

  end() {
    clearInterval(this.#beat);
    this.lesson.end();
    this.screen.stop();
    this.place.leave();
    this.line.close();
    this.faces.clear();
    this.sounds.clear();
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

  /** @param {string} name @param {Record<string, any>} [payload] */
  async ask(name, payload) {
    const answer = await this.#asked(name, payload);
    if (answer && !answer.ok) toast({ text: hallRefusalSays(answer.error.code), tone: "danger" });
    return answer?.ok ? answer : null;
  }

  /** The answer, be it a refusal; null when the line is away, and that was said. @param {string} name @param {Record<string, any>} [payload] */
  async #asked(name, payload) {
    try {
      return await this.seat.ask(name, payload);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      toast({ text: t("正在重新连接，没有完成，请稍后再试"), tone: "soon" });
      return null;
    }
  }

  /** Said until it is heard: the line may be away, the server busy with everybody's answers. @param {string} name @param {Record<string, any>} payload */
  async insist(name, payload) {
    for (let attempt = 0; this.seat.place !== "out"; attempt++) {
      const answer = await this.seat.ask(name, payload).catch((error) => (error instanceof Gone ? null : Promise.reject(error)));
      if (answer?.ok) return answer;
      if (answer && !PASSING.includes(answer.error.code)) return void toast({ text: hallRefusalSays(answer.error.code), tone: "danger" });
      await new Promise((done) => setTimeout(done, delay(attempt, Math.random())));
    }
    return null;
  }

  /** Heard at once, drawn once at the next frame, which a page in the background never has. */
  changed() {
    this.#tellMedia();
    this.sounds.playAll(new Map(this.seat.roster.peers.map(({ id }) => [id, { link: new Passage(this.line, id) }])));
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => ((this.#drawn = false), this.#draw()));
  }

  /** @returns {import("../../net/seat.js").SeatListener} */
  #listener() {
    return {
      live: () => this.place.live(),
      flows: () => false,
      placed: (place) => (performance.mark(`room-${place}`), this.changed()),
      seated: ({ me, ice }) => (this.minutes.know([me]), this.relays.renew(ice), this.#seated()),
      people: ({ roster }) => (this.minutes.know(roster.peers), this.#met(roster.hall)),
      entries: (entries, how) => this.#heard(entries, how),
      signal: () => undefined,
      muted: () => (this.place.mute(), toast({ text: t("主持人已将您静音"), tone: "info" })),
      closed: (reason, says) => this.ends.over(reason, says),
      offered: (offer) => this.line.offered(offer),
      mediaLost: (way) => (way === "watch" ? this.line.watch() : this.line.publishing && this.line.publish()),
      pointed: (pointed) => this.lesson.slides.pointed(pointed),
      lesson: (told) => (this.lesson.take(told), this.changed()),
      levels: (levels) => ((this.#speaking = heard(levels)), this.faces.ring(this.#speaking)),
    };
  }

  #seated() {
    this.#told = "";
    if (this.hand) queueMicrotask(() => this.seat.hint("hand", { up: true }));
    queueMicrotask(() => (this.lesson.seated(), this.talk.begin()));
  }

  /** @param {HallFacts | undefined} hall */
  #met(hall) {
    if (!hall) return;
    const anew = hall.at !== this.#at; // another server, or a later life of it: none of our connections stands
    this.#at = hall.at;
    if (anew) this.line.watch();
    const before = this.#group;
    this.#group = hall.group;
    const letIn = this.line.isLetIn(hall.recording);
    if (hall.stage !== this.place.stands) this.#step(hall.stage, before);
    else if ((anew || letIn) && hall.stage) this.line.publish();
    if (before >= 0 && before !== hall.group) this.#regrouped(hall.group);
    this.changed();
  }

  /** @param {number} group 0: the hall again */
  #regrouped(group) {
    const words = group ? t("您在第 %(number)s 组，可以打开麦克风和摄像头发言", { number: group }) : t("已回到课堂");
    announce(words);
    toast({ text: words, tone: "info" });
  }

  /** @param {boolean} up @param {number} before in which group one was; -1 when the page has just come */
  #step(up, before) {
    if (up && this.#group) {
      this.place.enter(before === 0);
      this.line.publish();
    } else if (up) {
      const called = this.hand;
      [this.hand] = [false];
      this.place.enter();
      this.line.publish();
      if (called) toast({ text: t("您已上台，大家能看到和听到您"), tone: "info" });
    } else {
      this.screen.stop();
      this.place.leave();
      this.line.unpublish();
      if (before <= 0) toast({ text: t("您已下台，摄像头和麦克风已关闭"), tone: "info" });
    }
  }

  /** @param {import("./members.js").Deed} deed @param {{id: string, name: string}} who */
  #deed(deed, { id }) {
    if (deed === "up" || deed === "down") return void this.ask("stage", { who: id, on: deed === "up" });
    if (deed === "hush" || deed === "unhush") return void this.ask("hush", { who: id, on: deed === "hush" });
    return void this.ask(deed, { who: id });
  }

  /** A host takes a line back. @param {number} seq */
  #unsay(seq) {
    if (!this.seat.me?.host) return null;
    return () => void this.ask("unsay", { seq });
  }

  /** @param {string} after @returns {Promise<any>} null when it was refused */
  async #audience(after) {
    const answer = await this.seat.ask("audience", { after });
    return answer.ok ? answer : null;
  }

  /** @param {import("../room/side.js").Tab} tab */
  #looked(tab) {
    if (tab === "chat") this.talk?.seen();
    if (tab === "people") this.members?.refresh();
  }

  /** @param {import("../../lib/journal.js").Entry[]} entries @param {import("../../net/log.js").How} how */
  #heard(entries, how) {
    this.minutes.read(entries);
    this.talk.take(entries, how);
    if (how.fresh) for (const { kind, by, body } of entries) {
      if (kind === "staged") announce(t("%(name)s 上台", { name: body.name }));
      if (body.all && by !== this.seat.me?.id) toast({ text: t("主持人 %(name)s：%(text)s", body), tone: "info" });
    }
    this.changed();
  }

  /** Says what is on now, when it is not what was said last. */
  #tellMedia() {
    if (this.seat.place !== "in") return;
    const live = this.place.live();
    const now = JSON.stringify(live);
    if (now === this.#told || (this.#told === "" && !this.place.stands)) return;
    this.#told = now;
    this.seat.ask("media", live).then((answer) => answer.ok || (this.#told = ""), () => (this.#told = ""));
  }

  #draw() {
    const { me, roster } = this.seat;
    const hall = this.facts;
    if (!me || !hall) return this.ends.drawn(this);
    const own = { ...this.place.live(), hand: this.hand };
    const faces = hallFaces({ me: { id: me.id, screen: own.screen }, peers: roster.peers, stage: hall.stage });
    const stage = this.lesson.slides.on ? "" : hallStage(faces, { pinned: this.pinned, peers: roster.peers });
    const view = { me, own, peers: roster.peers, line: this.line, tracks: this.place.tracks, pinned: this.pinned, speaking: this.#speaking };
    this.faces.show(faces.map((face) => lookOf(face, view)), stage);
    this.line.favour(faces, stage);
    this.members.show({ peers: roster.peers, hall, me, hushed: this.lesson.state.chat.hushed ?? [] });
    this.lesson.show();
    this.recording.show(hall, { host: me.host, hand: this.hand });
    this.captions.show(hall, this.lesson.state.captions, me.host);
    const awaited = faces.some(({ mine }) => !mine) && !this.line.connected;
    drawHall({ place: this.seat.place, awaited, empty: !faces.length });
    this.ends.drawn(this);
  }
}
