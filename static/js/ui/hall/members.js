// Whose hand is up, who is on the stage, who listens; a host brings on, takes off, mutes and shows out.

import { t } from "../../lib/words.js";
import { button, byId, icon, make, write } from "../room/page.js";

/** @typedef {import("../../lib/roster.js").Peer & {staged?: boolean}} Stager */
/** @typedef {import("../../lib/roster.js").Waiting & {hand: boolean, state: string}} Listener */
/** @typedef {"up" | "down" | "mute" | "hush" | "unhush" | "remove"} Deed */

export class Members {
  #shown = "";
  /** @type {Listener[]} */
  #listeners = [];
  #next = "";
  #count = -1;
  #asking = false;
  #host = false;
  /** @type {string[]} */
  #hushed = [];

  /**
   * @param {{act: (deed: Deed, who: {id: string, name: string}) => void, isShown: () => boolean,
   *   page: (after: string) => Promise<{people: Listener[], next: string} | null>}} ends
   */
  constructor(ends) {
    this.ends = ends;
    byId("audience-more").addEventListener("click", () => void this.#read(this.#next));
  }

  /**
   * @param {{peers: Stager[], hall: import("../../lib/roster.js").Hall, me: import("../../net/seat.js").Me, hushed: string[]}} now
   */
  show({ peers, hall, me, hushed }) {
    this.#counts(hall, me.host);
    const seen = JSON.stringify([peers, hall, me, hushed]);
    if (seen === this.#shown) return; // a list that is written anew takes the focus away from its buttons
    this.#shown = seen;
    byId("hands").hidden = !hall.hands.length;
    byId("hands-list").replaceChildren(...hall.hands.map((one) => this.#row(one, ["up"])));
    const own = hall.stage ? [this.#row({ ...me, name: t("%(name)s（我）", { name: me.name }) }, [])] : [];
    byId("stage-list").replaceChildren(...own, ...peers.map((peer) => this.#onStage(peer, me.host)));
    this.#host = me.host;
    this.#hushed = hushed;
    this.#list();
    if (hall.audience !== this.#count) this.refresh(hall.audience);
  }

  /** The audience is read again when the tab is looked at and its number has changed. @param {number} [count] */
  refresh(count) {
    if (!this.ends.isShown()) return void (this.#count = -1);
    this.#count = count ?? this.#count;
    void this.#read("");
  }

  /** @param {import("../../lib/roster.js").Hall} hall @param {boolean} host */
  #counts(hall, host) {
    write(byId("hall-count"), hall.group ? t("本组 %(count)s 人", { count: hall.audience }) : t("%(count)s 人听课", { count: hall.audience }));
    write(byId("audience-title"), hall.group ? t("所有听课的人") : t("听课 %(count)s 人", { count: hall.audience }));
    for (const id of ["hands-count", "people-count"]) {
      byId(id).hidden = !host || !hall.raised;
      write(byId(id), String(hall.raised));
    }
  }

  /** @param {string} after */
  async #read(after) {
    if (this.#asking) return;
    this.#asking = true;
    const page = await this.ends.page(after).catch(() => null);
    this.#asking = false;
    if (!page) return;
    this.#listeners = after ? [...this.#listeners, ...page.people] : page.people;
    this.#next = page.next;
    byId("audience-more").hidden = !page.next;
    this.#list();
  }

  #list() {
    const deeds = (/** @type {Listener} */ { id }) => /** @type {Deed[]} */ (["up", this.#hushed.includes(id) ? "unhush" : "hush", "remove"]);
    byId("audience-list").replaceChildren(...this.#listeners.map((one) => this.#row(one, this.#host ? deeds(one) : [])));
  }

  /** @param {Stager} peer @param {boolean} host */
  #onStage(peer, host) {
    /** @type {Deed[]} */
    const deeds = host ? [...(peer.mic ? /** @type {Deed[]} */ (["mute"]) : []), ...(peer.staged ? /** @type {Deed[]} */ (["down", "remove"]) : [])] : [];
    return this.#row(peer, deeds, peer.mic ? "mic" : "mic-off");
  }

  /**
   * @param {{id: string, name: string, title: string, role: string, host?: boolean, hand?: boolean, state?: string}} person
   * @param {Deed[]} deeds
   * @param {string} [picture]
   */
  #row(person, deeds, picture) {
    const words = make("div", { class: "person-words" }, make("strong", {}, person.name), " ", make("span", {}, person.title));
    if (person.host) words.append(" ", make("span", { class: "person-host" }, t("主持人")));
    if (person.state === "reconnecting") words.append(" ", make("span", { class: "person-away" }, t("重新连接中")));
    const states = make("span", { class: "person-states" });
    if (person.hand) states.append(state("hand", t("举手")));
    if (picture) states.append(state(picture, picture === "mic" ? t("麦克风开") : t("已静音")));
    const buttons = deeds.map((deed) => button(WORDS[deed](), () => this.ends.act(deed, person), LOOKS[deed]));
    return make("li", { "data-who": person.id }, words, states, ...(buttons.length ? [make("div", { class: "person-deeds" }, ...buttons)] : []));
  }
}

/** @type {Record<Deed, () => string>} */
const WORDS = { up: () => t("请上台"), down: () => t("请下台"), mute: () => t("静音"), hush: () => t("禁言"), unhush: () => t("恢复发言"), remove: () => t("请出") };
/** @type {Record<Deed, string | undefined>} */
const LOOKS = { up: "btn btn-quiet btn-small", down: undefined, mute: undefined, hush: undefined, unhush: undefined, remove: undefined };

/** @param {string} picture @param {string} words */
function state(picture, words) {
  return make("span", { class: `person-state person-${picture}`, title: words }, icon(picture, "sm"), make("span", { class: "visually-hidden" }, words));
}
