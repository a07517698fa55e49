import assert from "node:assert/strict";
import { test } from "node:test";
import { madeEighteen, readIdNumber, tidy, yearsOn } from "../../../static/js/ui/patients/idcard.js";

const TODAY = "2026-11-23";
const WANG = { state: "right", number: "11010519491231002X", sex: "female", born: "1949-12-31", years: 76 };

test("a number says sex, birth date and age, however it is typed", () => {
  for (const typed of ["11010519491231002X", "11010519491231002x", " 1101 0519 4912 3100 2× ", "１１０１０５１９４９１２３１００２Ｘ", "110105491231002"]) {
    assert.deepEqual(readIdNumber(typed, TODAY), WANG, typed);
  }
});

test("while it is being typed nothing is said to be wrong", () => {
  for (const typed of ["1", "110105", "11010519491231", "110105194912310", "11010519491231002"]) {
    assert.deepEqual(readIdNumber(typed, TODAY), { state: "typing" }, typed);
  }
  assert.deepEqual(readIdNumber("  ", TODAY), { state: "empty" });
});

test("a whole number that cannot be is wrong", () => {
  for (const typed of ["110105194912310021", "110105194913310021", "11010519000229002X", "110105209912310021", "11010519491231002XX0"]) {
    assert.notEqual(readIdNumber(typed, TODAY).state, "right", typed);
  }
  assert.deepEqual(readIdNumber("110105194912310021", TODAY), { state: "wrong" });
});

test("another paper's number is told from a resident's", () => {
  for (const typed of ["E12345678", "H12345678", "1101051949X", "南字第01号"]) {
    assert.deepEqual(readIdNumber(typed, TODAY), { state: "other" }, typed);
  }
});

test("one wrong digit is always noticed", () => {
  for (let place = 0; place < 17; place += 1) {
    const digit = (Number(WANG.number[place]) + 1) % 10;
    const wrong = WANG.number.slice(0, place) + digit + WANG.number.slice(place + 1);
    assert.notEqual(readIdNumber(wrong, TODAY).state, "right", wrong);
  }
});

test("fifteen digits belong to people born in the 1900s", () => {
  assert.equal(madeEighteen("110105491231002"), WANG.number);
});

test("years are completed on the birthday", () => {
  assert.equal(yearsOn("2026-11-22", "2012-11-23"), 13);
  assert.equal(yearsOn("2026-11-23", "2012-11-23"), 14);
  assert.equal(yearsOn("2026-02-28", "2012-02-29"), 13);
  assert.equal(yearsOn("2026-03-01", "2012-02-29"), 14);
});

test("a number is tidied as the server does it", () => {
  assert.equal(tidy(" h-123 45．678 "), "H12345678");
});
