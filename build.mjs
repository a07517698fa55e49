// Bundles static/js/pages/*.js and static/css/*.css into static/dist with hashed names and a manifest.
import * as esbuild from "esbuild";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
const out = "static/dist";
const entries = [
  ...readdirSync("static/js/pages").filter((name) => name.endsWith(".js")).map((name) => `static/js/pages/${name}`),
  "static/css/app.css",
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const result = await esbuild.build({
  entryPoints: entries,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  outdir: out,
  outbase: "static",
  entryNames: "[dir]/[name]-[hash]",
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  loader: { ".svg": "file", ".woff2": "file" },
  minify: true,
  sourcemap: true,
  metafile: true,
  logLevel: "warning",
});

/** @type {Record<string, string>} */
const manifest = {};
for (const [file, facts] of Object.entries(result.metafile.outputs)) {
  if (facts.entryPoint) manifest[facts.entryPoint.replace("static/", "")] = file.replace("static/", "");
}

/**
 * What a script imports, and what that imports, each once: a page names them, so that none waits for another to be read.
 * @param {string} file
 * @param {Set<string>} known
 */
function importsOf(file, known = new Set()) {
  for (const { path, kind } of result.metafile.outputs[file].imports) {
    if (kind !== "import-statement" || known.has(path)) continue;
    known.add(path);
    importsOf(path, known);
  }
  return known;
}
/** @type {Record<string, string[]>} */
const imports = {};
for (const [file, facts] of Object.entries(result.metafile.outputs)) {
  if (!facts.entryPoint?.startsWith("static/js/pages/")) continue;
  imports[facts.entryPoint.replace("static/", "")] = [...importsOf(file)].map((path) => path.replace("static/", ""));
}

/** Copies a file of an npm package beside the bundles and names it in the manifest. */
function take(specifier, name) {
  cpSync(require.resolve(specifier), join(out, name));
  manifest[name] = `dist/${name}`;
}
take("pdfjs-dist/legacy/build/pdf.worker.min.mjs", "pdf.worker.min.mjs");
const pdf = dirname(require.resolve("pdfjs-dist/package.json"));
for (const folder of ["cmaps", "standard_fonts"]) cpSync(join(pdf, folder), join(out, "pdf", folder), { recursive: true });
const swagger = dirname(require.resolve("swagger-ui-dist/package.json"));
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) take(join(swagger, name), name);

writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
writeFileSync(join(out, "imports.json"), JSON.stringify(imports, null, 1));

// Beside each script and style its compressed forms: the server sends what the browser takes.
const built = Object.keys(result.metafile.outputs).map((name) => name.replace("static/", ""));
for (const file of new Set([...built, ...Object.values(manifest)])) {
  if (!/\.(m?js|css)$/.test(file)) continue;
  const plain = readFileSync(join("static", file));
  writeFileSync(join("static", `${file}.gz`), gzipSync(plain, { level: 9 }));
  writeFileSync(join("static", `${file}.br`), brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}
