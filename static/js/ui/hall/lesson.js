// What goes on in the hall besides sound and picture: what the server tells of it, handed to each tool that draws it.

import { emptyLesson, learn } from "../../lib/lesson.js";
import { t } from "../../lib/words.js";
import { byId } from "../room/page.js";
import { Checks } from "./checks.js";
import { Groups } from "./groups.js";
import { Lookout } from "./lookout.js";
import { Polls } from "./polls.js";
import { Questions } from "./questions.js";
import { Slides } from "./slides.js";

/**
 * @typedef {object} Ends
 * @property {(name: string, payload?: Record<string, any>) => Promise<any>} ask  null when it was refused, and that was said
 * @property {(name: string, payload: Record<string, any>) => Promise<any>} insist  said until it is heard
 * @property {(name: string, payload: Record<string, any>) => void} hint  something that need not arrive
 * @property {(told: Record<string, any>) => void} learned  what was asked for on purpose
 * @property {() => void} look  brings the lesson's panel before the person
 * @property {string | undefined} speaker
 */
/** @typedef {{lesson: import("../../lib/lesson.js").Lesson, me: import("../../net/seat.js").Me, teaches: boolean, stage: boolean, group: number,
 *   peers: import("../../lib/roster.js").Peer[], recorded: boolean, audience: number, at: number}} Now
 *   stage: whether one stands on it; group: in which one is, 0 for the hall; at: the server's ms */

export class Lesson {
  state = emptyLesson();

  /** @param {{ask: Ends["ask"], insist: Ends["insist"], look: () => void, changed: () => void, speaker: string | undefined, seat: import("../../net/seat.js").Seat}} hall */
  constructor(hall) {
    /** @type {Ends & {seat: import("../../net/seat.js").Seat}} */
    const ends = { ...hall, hint: (name, payload) => hall.seat.hint(name, payload), learned: (told) => (this.take(told), hall.changed()) };
    this.ends = ends;
    this.lookout = new Lookout(ends.hint, () => !this.teaches && !hall.seat.roster.hall?.stage);
    this.slides = new Slides(ends);
    this.tools = [new Checks(ends), new Polls(ends), new Questions(ends), new Groups(ends), this.slides];
    const open = byId("chats-open", HTMLInputElement);
    open.addEventListener("change", () => void ends.ask("chats", { open: open.checked }));
  }

  /** Whether this person teaches here; who does is neither checked nor watched, nor is whoever shows something on the stage. */
  get teaches() {
    return this.ends.seat.me?.may.includes("speak") ?? false;
  }

  begin() {
    this.lookout.connect();
  }

  end() {
    this.lookout.disconnect();
    this.slides.end();
  }

  seated() {
    this.lookout.say();
  }

  /** @param {Record<string, any>} told */
  take(told) {
    this.state = learn(this.state, told);
    if (told.whole) this.slides.forget();
  }

  /** Drawn with the rest of the hall, once a second at least: the clock is part of it. */
  show() {
    const { me, offset, roster } = this.ends.seat;
    if (!me) return;
    const now = { lesson: this.state, me, teaches: this.teaches, stage: roster.hall?.stage ?? false, group: roster.hall?.group ?? 0, peers: roster.peers, recorded: roster.hall?.recording.on ?? false, audience: roster.hall?.audience ?? 0, at: Date.now() + offset };
    for (const tool of this.tools) tool.show(now);
    byId("lesson-desk").hidden = !me.host;
    byId("chats-open", HTMLInputElement).checked = this.state.chat.open;
    this.#writing();
  }

  /** Whoever may not write sees why, and keeps what was typed. */
  #writing() {
    const { chat, mine } = this.state;
    const text = byId("chat-text", HTMLTextAreaElement);
    text.dataset.invites ??= text.placeholder;
    const closed = mine.hushed ? t("主持人已暂停您的发言") : chat.open ? "" : t("主持人已关闭聊天");
    text.disabled = Boolean(closed) && !this.teaches;
    text.placeholder = text.disabled ? closed : text.dataset.invites;
  }
}
