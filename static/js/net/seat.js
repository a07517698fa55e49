// This page's place in the room: taken with a ticket, kept through broken lines, given up on purpose.

import { delay } from "../lib/backoff.js";
import { emptyRoster, GRACE, hear, hearLeniently, resume } from "../lib/roster.js";
import { clockOffset } from "../lib/times.js";
import { Refused, Unreachable } from "./http.js";
import { RoomLog } from "./log.js";
import { Gone } from "./wire.js";

/** @typedef {import("../lib/journal.js").Entry} Entry */
/** @typedef {import("../lib/roster.js").Peer} Peer */
/** @typedef {import("../lib/roster.js").Change} Change */
/** @typedef {import("../media/ice.js").Ice} Ice */
/** @typedef {{id: string, name: string, title: string, role: string, host: boolean, may: string[]}} Me */
/** @typedef {{mic: boolean, cam: boolean, screen: boolean}} Live */
/** @typedef {"outside" | "entering" | "waiting" | "in" | "away" | "out"} Place */
/** @typedef {"left" | "moved" | "removed" | "denied" | "ended" | "revoked" | "full" | "elsewhere" | "refused"} Reason */
/**
 * @typedef {object} SeatListener
 * @property {() => Live} live  what is on now
 * @property {(peer: Peer) => boolean} flows  whether media of that person still arrives
 * @property {() => void} [asked]  to come in: the answer is under way
 * @property {(place: Place) => void} placed
 * @property {(welcome: {me: Me, ice: Ice, first: boolean, room: any}) => void} seated
 * @property {(change: Change, calling: boolean) => void} people
 * @property {(entries: Entry[], how: import("./log.js").How) => void} entries
 * @property {(signal: any) => void} signal
 * @property {() => void} muted
 * @property {(offer: {number: number, sdp: string, views: Record<string, string>}) => void} [offered]  once the server carries the media
 * @property {(way: "publish" | "watch") => void} [mediaLost]  the same
 * @property {(levels: Record<string, number>) => void} [levels]  in a hall
 * @property {(told: Record<string, any>) => void} [lesson]  in a hall
 * @property {(pointed: {by: string, x: number, y: number, on: boolean}) => void} [pointed]  in a hall
 * @property {(reason: Reason, says?: string) => void} closed
 */
/**
 * @typedef {object} SeatEnds
 * @property {import("./wire.js").Wire} wire
 * @property {() => Promise<{ticket: string}>} admission  asks the house for a ticket
 * @property {string} page
 * @property {SeatListener} listener
 */

/** @type {Record<string, Reason>} */
const FINAL = { "room.revoked": "revoked", "room.ended": "ended", "room.full": "full" };

export class Seat {
  /** @type {Place} */
  place = "outside";
  /** @type {Me | null} */
  me = null;
  roster = emptyRoster();
  offset = 0; // ms the server's clock is ahead of ours
  /** @type {Promise<string> | null} */
  #ticket = null;
  #move = false;
  #attempt = 0;
  #refusedTickets = 0;
  #resumedAt = -Infinity;
  #inside = false;
  /** @type {RoomLog} */
  #log;
  /** @type {import("../lib/roster.js").Roster} what the server said last, without anybody bridged */
  #told = emptyRoster();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #graceOver;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #online = () => this.hurry();

  /** @param {SeatEnds} ends */
  constructor(ends) {
    this.ends = ends;
    this.wire = ends.wire;
    this.listener = ends.listener;
    this.#log = new RoomLog({ ask: (name, payload) => this.ask(name, payload), read: this.listener.entries });
    this.wire.listen({
      connected: () => this.place !== "outside" && void this.#join(),
      lost: () => this.#lost(),
      told: {
        event: (entry) => this.#log.hear(entry),
        peers: (told) => this.#people(told),
        signal: (signal) => this.listener.signal(signal),
        muted: () => this.listener.muted(),
        welcome: (answer) => this.#seated(answer),
        closed: ({ reason }) => this.#out(reason),
        offered: (offer) => this.listener.offered?.(offer),
        lost: ({ way }) => this.listener.mediaLost?.(way),
        speaking: ({ levels }) => this.listener.levels?.(levels),
        lesson: (told) => this.listener.lesson?.(told),
        pointed: (pointed) => this.listener.pointed?.(pointed),
        resync: () => void this.#log.fill(),
      },
    });
  }

  get last() {
    return this.#log.last;
  }

  /** Ticket and socket at the same time, neither waits for the other; nor do they for who has the call in this browser. */
  prepare() {
    this.#ticket ??= this.#admit();
    this.wire.open();
  }

  /** @param {boolean} [move] take the call over */
  enter(move = false) {
    this.#move = move;
    this.#put("entering");
    globalThis.addEventListener("online", this.#online);
    this.prepare();
    if (this.wire.up) void this.#join();
  }

  /** Tries at once instead of at the next planned time: the network is back, the page is looked at again. */
  hurry() {
    if (this.place !== "away" && this.place !== "entering") return;
    clearTimeout(this.#again);
    this.wire.open(); // nothing happens when it is up, or being opened
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} [payload]
   * @returns {Promise<import("./wire.js").Answer>} raises Gone
   */
  async ask(name, payload) {
    if (this.place !== "in") throw new Gone(name);
    return this.wire.ask(name, payload);
  }

  /** @param {string} name @param {Record<string, any>} payload something that need not arrive: the next one says it again */
  hint(name, payload) {
    void this.ask(name, payload).catch(() => undefined);
  }

  /** Is the line still there? A dead socket is found within two seconds instead of eight. */
  async probe() {
    const late = new Promise((_, fail) => setTimeout(() => fail(new Gone("probe")), 2000));
    await Promise.race([this.ask("since", { last: this.last }), late]).catch(() => this.place === "in" && this.wire.close());
  }

  async leave() {
    const told = this.ask("leave").catch(() => undefined);
    this.#put("out");
    await Promise.race([told, new Promise((done) => setTimeout(done, 400))]);
    this.#goodbye();
  }

  /** The page goes away (a reload, perhaps): no word of leaving, the seat waits. */
  drop() {
    if (this.place === "out") return; // leaving on purpose says so first
    this.place = "out";
    this.#goodbye();
  }

  #goodbye() {
    clearTimeout(this.#again);
    clearTimeout(this.#graceOver);
    globalThis.removeEventListener("online", this.#online);
    this.wire.close();
  }

  #admit() {
    const ticket = this.ends.admission().then((told) => told.ticket);
    ticket.catch(() => undefined); // whoever joins with it is told; it may be refused before there is a socket to join on
    return ticket;
  }

  async #join() {
    const sent = Date.now();
    try {
      const ticket = await (this.#ticket ??= this.#admit());
      const { page, listener } = this.ends;
      const asked = this.wire.ask("join", { ticket, page, last: this.last, media: listener.live(), move: this.#move });
      listener.asked?.();
      const answer = await asked;
      if (!answer.ok) return this.#refused(answer.error);
      this.offset = clockOffset(sent, Date.now(), answer.at);
      return answer.state === "in" ? this.#seated(answer) : this.#wait(answer);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** @param {any} answer */
  #wait(answer) {
    this.me = answer.you;
    this.#ticket = Promise.resolve(answer.again);
    this.#attempt = 0;
    this.#put("waiting");
  }

  /** @param {any} answer of `join`, or a `welcome` */
  #seated(answer) {
    const first = !this.#inside;
    [this.me, this.#attempt, this.#refusedTickets, this.#move, this.#inside] = [answer.you, 0, 0, false, true];
    this.#ticket = Promise.resolve(answer.again);
    if (!first) this.#beLenient();
    this.listener.seated({ me: answer.you, ice: answer.ice, first, room: answer.room });
    if (answer.lesson) this.listener.lesson?.(answer.lesson);
    this.#put("in");
    this.#told = rosterOf(answer);
    this.#took(resume(this.roster, this.#told, this.listener.flows), true);
    this.#log.begin(answer, first);
  }

  /** A server that has just come back does not know everybody yet; whoever is still missing then, has left. */
  #beLenient() {
    this.#resumedAt = performance.now();
    clearTimeout(this.#graceOver);
    this.#graceOver = setTimeout(() => this.#took(hear(this.roster, this.#told), false), GRACE);
  }

  /** @param {{code: string}} error */
  #refused({ code }) {
    if (code === "room.elsewhere") return this.#elsewhere();
    if (code === "room.ticket_refused") {
      this.#ticket = null;
      return this.#refusedTickets++ < 2 ? void this.#join() : this.#later();
    }
    return FINAL[code] ? this.#out(FINAL[code]) : this.#later();
  }

  #elsewhere() {
    this.#put("outside");
    this.wire.close(); // a socket that has not joined is cut after ten seconds; a person may think longer
    this.listener.closed("elsewhere");
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof Refused) return this.#out("refused", error.says);
    if (error instanceof Unreachable) this.#ticket = null;
    else if (!(error instanceof Gone)) console.warn("join", error);
    return this.#later();
  }

  #later() {
    if (this.wire.up) this.wire.close(); // comes back by itself as `lost`
    else this.#lost();
  }

  #lost() {
    if (this.place === "out" || this.place === "outside") return;
    if (this.place === "in" || this.place === "waiting") this.#put("away");
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.wire.open(), delay(this.#attempt++, Math.random()));
  }

  /**
   * @param {Reason} reason
   * @param {string} [says]
   */
  #out(reason, says) {
    this.#put("out");
    this.#goodbye();
    this.listener.closed(reason, says);
  }

  /** @param {import("../lib/roster.js").Roster} told */
  #people(told) {
    if (told.version < this.#told.version) return;
    this.#told = told;
    const lenient = performance.now() - this.#resumedAt < GRACE;
    this.#took(lenient ? hearLeniently(this.roster, told, this.listener.flows) : hear(this.roster, told), false);
  }

  /**
   * @param {Change} change
   * @param {boolean} calling
   */
  #took(change, calling) {
    this.roster = change.roster;
    this.listener.people(change, calling);
  }

  /** @param {Place} place */
  #put(place) {
    if (this.place === place) return;
    this.place = place;
    this.listener.placed(place);
  }
}

/**
 * @param {any} answer of `join`
 * @returns {import("../lib/roster.js").Roster}
 */
function rosterOf({ version, peers, waiting, hall, carried, recording }) {
  return { version, peers, waiting: waiting ?? [], ...(hall && { hall }), ...(carried && { carried }), ...(recording && { recording }) };
}
