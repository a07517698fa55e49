// What a hall shows, from who is on its stage.

import { facesOf, stageOf } from "./faces.js";

/** @typedef {import("./faces.js").Face} Face */
/** @typedef {import("./roster.js").Peer} Peer */

const HEARD = 50; // −dBov; smaller is louder

/**
 * The tiles: everybody on the stage, their screens, and oneself if one stands there.
 * @param {{me: {id: string, screen: boolean}, peers: Peer[], stage: boolean}} hall
 * @returns {Face[]}
 */
export function hallFaces({ me, peers, stage }) {
  return facesOf({ me, peers }).filter((face) => stage || !face.mine);
}

/**
 * The large one: what this person chose, else a screen, else the host's picture; whoever coughs does not take the stage.
 * @param {Face[]} faces
 * @param {{pinned: string | null, peers: Peer[]}} wish
 * @returns {string} its key; "" when there is none
 */
export function hallStage(faces, { pinned, peers }) {
  if (!faces.length) return "";
  const shown = peers.filter(({ cam }) => cam);
  const speaker = (shown.find(({ host }) => host) ?? shown[0] ?? peers.find(({ host }) => host))?.id ?? null;
  return stageOf(faces, { pinned, speaker });
}

/** @param {Face} face @returns {string} the source of PROTOCOL.md */
export function sourceOf({ id, kind }) {
  return `${id}:${kind === "screen" ? "screen" : "face"}`;
}

/** @param {Record<string, number>} levels by source @returns {Set<string>} who is heard */
export function heard(levels) {
  const loud = Object.entries(levels).filter(([, level]) => level <= HEARD);
  return new Set(loud.map(([source]) => source.slice(0, source.lastIndexOf(":"))));
}
