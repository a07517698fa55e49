// The frames of a DICOM attachment as sheets, series after series, each in the window of the file.
import { FrameShelf } from "./frames.js";
import { derived, fetched } from "./mount.js";
import { fit } from "./sheets.js";
import { greyTable, paint } from "./windowing.js";

/** @typedef {import("./frames.js").Look} Look */

/** @type {import("./sheets.js").Opening} */
export async function dicomSheets(id, signal) {
  const album = /** @type {import("./frames.js").Album} */ (await (await fetched(derived(id, "album"), signal)).json());
  const shelf = new FrameShelf(derived(id, "frames"), album, signal);
  const places = album.series.flatMap(({ frames }, series) => frames.map((_, at) => /** @type {const} */ ([series, at])));
  return {
    count: places.length,
    draw: async (number, canvas, box) => {
      const [series, at] = places[number - 1];
      const picture = await shelf.picture(series, at);
      const look = shelf.lookOf(series, at);
      const [tall, wide] = look.spacing ?? [1, 1];
      fit(canvas, { width: look.cols, height: (look.rows * tall) / wide }, box);
      const source = picture instanceof ImageBitmap ? picture : painted(picture, look);
      canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
    },
  };
}

/**
 * @param {Uint8Array | Uint16Array} values
 * @param {Look} look
 */
function painted(values, look) {
  const canvas = document.createElement("canvas");
  canvas.width = look.cols;
  canvas.height = look.rows;
  const pixels = new ImageData(look.cols, look.rows);
  paint(values, greyTable(look, look.windows[0], false), new Uint32Array(pixels.data.buffer));
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas;
}
