// Names of the fields of numbered lines: "medications-0-dose".

/**
 * @param {string} name
 * @param {number} at
 * @returns {string} the name of the same field in line `at`
 */
export function renumbered(name, at) {
  return name.replace(/-\d+-/, `-${at}-`);
}
