// The room's numbered log as one browser has it: every entry once, in order, and a hole is noticed.

/**
 * @typedef {{seq: number, at: string, kind: string, by: string | null, body: Record<string, any>, after?: number}} Entry
 *   `after`: the entry before it, where a hall tells only some
 * @typedef {{last: number, early: Map<number, Entry>}} Journal  `early`: entries that arrived before their turn
 */

/**
 * @param {number} [last] number of the last entry already seen
 * @returns {Journal}
 */
export function openJournal(last = 0) {
  return { last, early: new Map() };
}

/**
 * Takes entries in whatever order they come.
 * @param {Journal} journal changed in place
 * @param {Entry[]} entries
 * @returns {Entry[]} those whose turn has come, in order, none of them twice
 */
export function take(journal, entries) {
  for (const entry of entries) if (entry.seq > journal.last) journal.early.set(entry.seq, entry);
  return inTurn(journal);
}

/**
 * Whether something between the last entry and a later one is missing and has to be asked for.
 * @param {Journal} journal
 */
export function hasHole(journal) {
  return journal.early.size > 0;
}

/**
 * The server's answer to "everything since": nothing below `upTo` will come any more, so a hole is no hole.
 * @param {Journal} journal changed in place
 * @param {Entry[]} entries
 * @param {number} upTo the log's last number when it was read
 * @returns {Entry[]}
 */
export function catchUp(journal, entries, upTo) {
  const ready = take(journal, entries);
  while (journal.last < upTo) {
    journal.last += 1;
    ready.push(...inTurn(journal));
  }
  return ready;
}

/** @param {Journal} journal */
function inTurn(journal) {
  const ready = [];
  for (const entry of [...journal.early.values()].sort((one, other) => one.seq - other.seq)) {
    if (entry.seq > journal.last && (entry.after ?? entry.seq - 1) > journal.last) break;
    journal.early.delete(entry.seq);
    if (entry.seq <= journal.last) continue;
    journal.last = entry.seq;
    ready.push(entry);
  }
  return ready;
}
