// Bundles src/main.ts with its styles into dist/widget.js, prints what it weighs on the wire, and fails over the limit.
// `--check` builds in memory and fails where dist/widget.js is not what the sources make.
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const LIMIT = 150 * 1024; // bytes, gzipped
const here = dirname(fileURLToPath(import.meta.url));
const target = ["chrome87", "firefox101", "safari16.4", "edge87"];

const styles = {
  name: "styles-as-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.ts"],
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target,
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  banner: { js: "/* 12345 hotline chat, Apache-2.0; contains Preact, MIT, (c) Jason Miller */" },
  plugins: [styles],
  write: false,
});
const [{ contents }] = outputFiles;
const file = join(here, "dist", "widget.js");

if (process.argv.includes("--check")) {
  const kept = await readFile(file).catch(() => Buffer.alloc(0));
  if (!kept.equals(Buffer.from(contents))) {
    console.error("frontend/dist/widget.js is not what the sources make: npm run build");
    process.exit(1);
  }
} else {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, contents);
}

const gzip = gzipSync(contents, { level: 9 }).length;
const brotli = brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
console.log(JSON.stringify({ file: "frontend/dist/widget.js", bytes: contents.length, gzip, brotli, limit: LIMIT }));
if (gzip > LIMIT) {
  console.error(`widget.js has ${gzip} bytes gzipped, over the limit of ${LIMIT}`);
  process.exit(1);
}
