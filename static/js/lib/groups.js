// Groups of a hall: who is in which, how long they talk. Pure.

/** @typedef {{id: string, name: string, group: number}} Member */
/** @typedef {{count: number, until: string | null, people?: Member[]}} Groups  people: hosts only */

/**
 * @param {Member[]} people
 * @param {number} count
 * @returns {Member[][]} those of the first group, of the second …, by name; who is in the hall is in none
 */
export function partition(people, count) {
  const sorted = [...people].sort((one, other) => one.name.localeCompare(other.name, "zh"));
  return Array.from({ length: count }, (_, place) => sorted.filter(({ group }) => group === place + 1));
}

/**
 * Those whom no group has: they came later, or were sent back.
 * @param {{id: string, name: string}[]} people
 * @param {Member[]} members
 * @returns {{id: string, name: string}[]} by name
 */
export function leftOver(people, members) {
  const placed = new Set(members.filter(({ group }) => group > 0).map(({ id }) => id));
  return people.filter(({ id }) => !placed.has(id)).sort((one, other) => one.name.localeCompare(other.name, "zh"));
}

/**
 * @param {string} until
 * @param {number} now the server's ms
 * @returns {string} 9:05; 0:00 when it is over
 */
export function clockLeft(until, now) {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
