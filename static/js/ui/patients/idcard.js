// What a Chinese ID number says: sex, birth date, age. The server checks again; this only spares the typing.

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_DIGITS = "10X98765432";
export const GUARDED_BELOW_YEARS = 14;

/**
 * @typedef {{state: "empty" | "typing" | "other" | "wrong"}} Unread  other: not a resident's number
 * @typedef {{state: "right", number: string, sex: "male" | "female", born: string, years: number}} Read
 */

/**
 * @param {string} typed
 * @param {string} today YYYY-MM-DD at the clinic
 * @returns {Unread | Read}
 */
export function readIdNumber(typed, today) {
  const number = tidy(typed);
  if (!number) return { state: "empty" };
  if (!/^(\d*|\d{17}X)$/.test(number)) return { state: "other" };
  if (number.length !== 15 && number.length !== 18) return { state: number.length < 18 ? "typing" : "wrong" };
  const whole = number.length === 15 ? madeEighteen(number) : number;
  const born = birthDateIn(whole);
  if (!born || born > today || checkDigit(whole) !== whole[17]) return { state: number.length === 15 ? "typing" : "wrong" };
  return { state: "right", number: whole, sex: Number(whole[16]) % 2 ? "male" : "female", born, years: yearsOn(today, born) };
}

/** Full-width digits made plain, separators dropped, capitals, and what looks like an X made one.
 * @param {string} typed */
export function tidy(typed) {
  return typed
    .normalize("NFKC")
    .replace(/[\s\-–—·.]+/g, "")
    .toUpperCase()
    .replace(/[×✕Х*]/g, "X");
}

/** @param {string} number 15 digits, of somebody born in the 1900s */
export function madeEighteen(number) {
  const body = `${number.slice(0, 6)}19${number.slice(6)}`;
  return body + checkDigit(body);
}

/** @param {string} number its first 17 digits count */
export function checkDigit(number) {
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return CHECK_DIGITS[sum % 11];
}

/** @param {string} number @returns {string} YYYY-MM-DD, "" when there is no such day */
function birthDateIn(number) {
  const [year, month, day] = [number.slice(6, 10), number.slice(10, 12), number.slice(12, 14)];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const written = `${year}-${month}-${day}`;
  return Number(year) >= 1880 && date.toISOString().slice(0, 10) === written ? written : "";
}

/**
 * Completed years between two days, each YYYY-MM-DD.
 * @param {string} day
 * @param {string} born
 */
export function yearsOn(day, born) {
  const years = Number(day.slice(0, 4)) - Number(born.slice(0, 4));
  return day.slice(5) < born.slice(5) ? years - 1 : years;
}
