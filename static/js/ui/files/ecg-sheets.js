// An ECG as sheets of its paper, ten seconds each, at the usual speed and gain.
import { layoutsFor, sheetOf } from "./ecg-layout.js";
import { drawSheet } from "./ecg-paper.js";
import { legendOf, openEcg } from "./ecg.js";
import { fit } from "./sheets.js";

const USUAL = { speed: 25, gain: 10 };
const SECONDS = 10;
const REST = 0.5; // seconds that are no sheet of their own

/** @type {import("./sheets.js").Opening} */
export async function ecgSheets(id, signal) {
  const { trace, leads } = await openEcg(id, signal);
  const [layout] = layoutsFor(trace.leads);
  const end = trace.samples / trace.sample_rate;
  return {
    count: Math.max(1, Math.ceil((end - REST) / SECONDS)),
    draw: async (number, canvas, box) => {
      const sheet = sheetOf(trace, { layout, ...USUAL, start: (number - 1) * SECONDS });
      const pixels = fit(canvas, sheet, box);
      const context = canvas.getContext("2d");
      if (context) drawSheet(context, sheet, leads, { ...USUAL, pixels }, legendOf(trace, USUAL));
    },
  };
}
