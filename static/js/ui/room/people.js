// Who is in the room and who waits; a host lets in, mutes and shows out.

import { t } from "../../lib/words.js";
import { button, byId, icon, make } from "./page.js";

/** @typedef {import("../../lib/roster.js").Peer} Peer */
/** @typedef {import("../../lib/roster.js").Roster} Roster */
/** @typedef {"admit" | "deny" | "mute" | "remove"} HostDeed */
/** @typedef {{name: string, title: string, mic: boolean, cam: boolean, hand: boolean, host: boolean, away: boolean}} Person */

export class PeopleView {
  #shown = "";

  /** @param {(deed: HostDeed, who: {id: string, name: string}) => void} act */
  constructor(act) {
    this.act = act;
  }

  /**
   * @param {Roster} roster
   * @param {Person} me
   * @param {boolean} host
   */
  show(roster, me, host) {
    const now = JSON.stringify([roster.peers, roster.waiting, me, host]);
    if (now === this.#shown) return; // a list that is written anew takes the focus away from its buttons
    this.#shown = now;
    const others = roster.peers.map((peer) => this.#person(personOf(peer), host ? this.#hostButtons(peer) : []));
    byId("people-list").replaceChildren(this.#person({ ...me, name: t("%(name)s（我）", { name: me.name }) }, []), ...others);
    byId("waiting").hidden = roster.waiting.length === 0;
    byId("waiting-list").replaceChildren(...roster.waiting.map((one) => this.#waiting(one)));
  }

  /**
   * @param {Person} person
   * @param {HTMLElement[]} buttons
   */
  #person(person, buttons) {
    const states = make("span", { class: "person-states" }, ...statesOf(person));
    const words = make("div", { class: "person-words" }, make("strong", {}, person.name), " ", make("span", {}, person.title));
    if (person.host) words.append(" ", make("span", { class: "person-host" }, t("主持人")));
    if (person.away) words.append(" ", make("span", { class: "person-away" }, t("重新连接中")));
    return make("li", {}, words, states, ...(buttons.length ? [make("div", { class: "person-deeds" }, ...buttons)] : []));
  }

  /** @param {Peer} peer */
  #hostButtons(peer) {
    const mute = peer.mic ? [button(t("静音"), () => this.act("mute", peer))] : [];
    return [...mute, button(t("请出"), () => this.act("remove", peer))];
  }

  /** @param {import("../../lib/roster.js").Waiting} one */
  #waiting(one) {
    const words = make("div", { class: "person-words" }, make("strong", {}, one.name), " ", make("span", {}, one.title));
    const admit = button(t("准许进入"), () => this.act("admit", one), "btn btn-primary btn-small");
    return make("li", {}, words, make("div", { class: "person-deeds" }, admit, button(t("拒绝"), () => this.act("deny", one))));
  }
}

/** @param {Peer} peer @returns {Person} */
function personOf(peer) {
  return { ...peer, away: peer.state === "reconnecting" };
}

/** @param {Person} person */
function statesOf({ mic, cam, hand }) {
  const states = [state(mic ? "mic" : "mic-off", mic ? t("麦克风开") : t("已静音"))];
  states.push(state(cam ? "video" : "video-off", cam ? t("摄像头开") : t("摄像头关")));
  if (hand) states.unshift(state("hand", t("举手")));
  return states;
}

/**
 * @param {string} picture
 * @param {string} words
 */
function state(picture, words) {
  return make("span", { class: `person-state person-${picture}`, title: words }, icon(picture, "sm"), make("span", { class: "visually-hidden" }, words));
}
