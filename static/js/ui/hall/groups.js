// Talking in groups: a host makes them, visits, writes to all, calls everybody back; who is in one sees which and how long.

import { clockLeft, leftOver, partition } from "../../lib/groups.js";
import { Turns } from "../../lib/turns.js";
import { t } from "../../lib/words.js";
import { newId } from "../../net/tab.js";
import { toast } from "../toast.js";
import { button, byId, make, write } from "../room/page.js";

/** @typedef {import("./lesson.js").Ends} Ends */
/** @typedef {import("./lesson.js").Now} Now */
/** @typedef {import("../../lib/groups.js").Groups} Standing */
/** @typedef {{id: string, name: string}} Person */

export class Groups {
  #dialog = byId("groups-dialog", HTMLDialogElement);
  #count = byId("groups-count", HTMLInputElement);
  #minutes = byId("groups-minutes", HTMLInputElement);
  #drawn = "";
  #counted = "";
  #asking = new Turns();
  /** @type {Person[]} who listens, as last told */
  #listening = [];
  /** @type {Person[]} */
  #teachers = [];

  /** @param {Ends} ends */
  constructor(ends) {
    this.ends = ends;
    byId("groups-new").addEventListener("click", () => void this.#plan());
    byId("groups-cancel").addEventListener("click", () => this.#dialog.close());
    byId("groups-gather").addEventListener("click", () => void ends.ask("gather"));
    byId("groups-form").addEventListener("submit", (event) => (event.preventDefault(), void this.#split()));
    byId("broadcast-form").addEventListener("submit", (event) => (event.preventDefault(), void this.#broadcast()));
  }

  /** @param {Now} now */
  show({ lesson: { groups }, me, at, group, peers, recorded, audience }) {
    this.#teachers = peers.filter(({ host }) => !host);
    byId("groups-new", HTMLButtonElement).disabled = Boolean(groups);
    byId("groups").hidden = !groups || !me.host;
    byId("group-banner").hidden = !groups || !(group || me.host);
    if (!groups) return void (this.#counted = "");
    if (me.host) this.#know(JSON.stringify([audience, groups.people]));
    const left = groups.until ? t("剩 %(left)s", { left: clockLeft(groups.until, at) }) : "";
    write(byId("group-banner"), [where(group), left, aside(group, recorded)].filter(Boolean).join(" · "));
    write(byId("groups-left"), left);
    const home = leftOver([...this.#teachers, ...this.#listening], groups.people ?? []);
    const now = JSON.stringify([groups, group, home]);
    if (me.host && now !== this.#drawn) this.#draw(groups, home, me.id, group);
    this.#drawn = now;
  }

  /** Who listens is asked for again when they are others than before. @param {string} now */
  #know(now) {
    if (now !== this.#counted) this.#asking.want("audience");
    this.#counted = now;
    for (const asked of this.#asking.take())
      void this.#audience(this.ends.insist)
        .then((people) => people && (this.#listening = people))
        .finally(() => this.#asking.over(asked));
  }

  /** @param {Standing} groups @param {Person[]} home in the hall meanwhile @param {string} me @param {number} here */
  #draw(groups, home, me, here) {
    const members = partition(groups.people ?? [], groups.count);
    const drawn = members.map((people, place) => this.#group(people, place + 1, groups.count, me, here));
    if (home.length) drawn.push(this.#left(home, groups.count));
    byId("groups-list").replaceChildren(...drawn);
    byId("groups-home").replaceChildren(...(here ? [this.#visit(me, 0, t("回到主会场"))] : []));
  }

  /** @param {Person[]} people @param {number} number @param {number} count @param {string} me @param {number} here */
  #group(people, number, count, me, here) {
    const head = make("p", { class: "group-head" }, make("strong", {}, where(number)), " ", t("%(count)s 人", { count: people.length }));
    if (number !== here) head.append(this.#visit(me, number, t("进入")));
    const rows = people.filter(({ id }) => id !== me).map((person) => make("li", {}, person.name, this.#place(person, number, count)));
    return make("li", { "data-group": String(number) }, head, make("ul", { class: "group-people" }, ...rows));
  }

  /** @param {Person[]} people @param {number} count */
  #left(people, count) {
    const head = make("p", { class: "group-head" }, make("strong", {}, t("主会场")), " ", t("%(count)s 人", { count: people.length }));
    const rows = people.map((person) => make("li", {}, person.name, this.#place(person, 0, count)));
    return make("li", { "data-group": "0" }, head, make("ul", { class: "group-people" }, ...rows));
  }

  /** @param {string} me @param {number} group @param {string} word */
  #visit(me, group, word) {
    return button(word, () => void this.ends.ask("group", { who: me, group }));
  }

  /** Somebody is put elsewhere. @param {Person} person @param {number} number @param {number} count */
  #place({ id, name }, number, count) {
    const choice = chooser(t("%(name)s 的组", { name }), [[0, t("主会场")], ...numbers(count)], number);
    choice.addEventListener("change", () => void this.ends.ask("group", { who: id, group: Number(choice.value) }));
    return choice;
  }

  async #plan() {
    this.#dialog.showModal();
    const people = [...this.#teachers, ...((await this.#audience(this.ends.ask)) ?? [])];
    const fewer = Math.min(12, Math.max(2, Math.round(people.length / 4)));
    this.#count.value = String(fewer);
    const rows = people.map(({ id, name }) => {
      const choice = chooser(t("%(name)s 的组", { name }), [[0, t("自动")], ...numbers(12)], 0);
      choice.dataset.who = id;
      return make("li", {}, name, choice);
    });
    byId("groups-people").replaceChildren(...rows);
  }

  /** @param {Ends["insist"]} ask @returns {Promise<Person[] | null>} everybody who listens, however many pages they are */
  async #audience(ask) {
    /** @type {Person[]} */
    const all = [];
    for (let after = null; after !== ""; ) {
      /** @type {any} */
      const page = await ask("audience", { after: after ?? "" });
      if (!page) return null;
      all.push(...page.people);
      after = page.next;
    }
    return all;
  }

  async #split() {
    const count = Math.round(this.#count.valueAsNumber);
    const minutes = Math.round(this.#minutes.valueAsNumber || 0);
    const trouble = !(count >= 2 && count <= 12) ? t("请填 2 到 12 组") : !(minutes >= 0 && minutes <= 120) ? t("请填 0 到 120 分钟") : "";
    byId("groups-trouble").hidden = !trouble;
    write(byId("groups-trouble"), trouble);
    if (trouble) return;
    const answer = await this.ends.ask("split", { key: newId(), count, seconds: minutes * 60, chosen: chosen(count) });
    if (answer) this.#dialog.close();
  }

  async #broadcast() {
    const line = byId("broadcast-text", HTMLInputElement);
    if (!line.value.trim()) return;
    if (!(await this.ends.ask("broadcast", { key: newId(), text: line.value.trim() }))) return;
    line.value = "";
    toast({ text: t("已发给所有小组") });
  }
}

/** @param {number} count @returns {Record<string, number>} who was chosen for which group; a group that is not made counts as no choice */
function chosen(count) {
  const found = [...byId("groups-people").querySelectorAll("select")].map((choice) => [choice.dataset.who ?? "", Number(choice.value)]);
  return Object.fromEntries(found.filter(([, group]) => Number(group) >= 1 && Number(group) <= count));
}

/** @param {number} count @returns {[number, string][]} */
function numbers(count) {
  return Array.from({ length: count }, (_, place) => [place + 1, where(place + 1)]);
}

/** @param {string} label @param {[number, string][]} options @param {number} now */
function chooser(label, options, now) {
  const made = /** @type {HTMLSelectElement} */ (make("select", { class: "form-select", "aria-label": label }));
  made.append(...options.map(([value, word]) => make("option", { value: String(value) }, word)));
  made.value = String(now);
  return made;
}

/** @param {number} group */
function where(group) {
  return group ? t("第 %(number)s 组", { number: group }) : t("分组讨论中");
}

/** What is recorded meanwhile. @param {number} group @param {boolean} recorded */
function aside(group, recorded) {
  if (group) return t("只有本组的人听得到，不录制");
  return recorded ? t("录制只录主会场") : "";
}
