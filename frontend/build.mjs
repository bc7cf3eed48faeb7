// Bundles the citizens' widget into dist/widget.js and the staff pages' scripts and styles into dist/staff, prints what
// they weigh on the wire, and fails where the widget is over its limit.
// `--check` builds in memory and fails where dist is not what the sources make.
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const LIMIT = 150 * 1024; // bytes of the widget, gzipped
const here = dirname(fileURLToPath(import.meta.url));
const target = ["chrome87", "firefox101", "safari16.4", "edge87"];
const common = { absWorkingDir: here, bundle: true, minify: true, charset: "utf8", target, legalComments: "none", write: false };

const styles = {
  name: "styles-as-text",
  setup(bundler) {
    bundler.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const widget = build({
  ...common,
  entryPoints: ["src/main.ts"],
  outfile: "dist/widget.js",
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  banner: { js: "/* 12345 hotline chat, Apache-2.0; contains Preact, MIT, (c) Jason Miller */" },
  plugins: [styles],
});
const staff = build({
  ...common,
  entryPoints: ["staff/staff.ts", "staff/charts.ts", "staff/staff.css"],
  outdir: "dist/staff",
  format: "iife",
  banner: {
    js: "/* 12345 hotline staff pages, Apache-2.0; contains htmx (0BSD), idiomorph (0BSD), Apache ECharts (Apache-2.0) */",
    css: "/* 12345 hotline staff pages, Apache-2.0; contains Bootstrap, MIT, (c) The Bootstrap Authors */",
  },
});

const files = [...(await widget).outputFiles, ...(await staff).outputFiles];
const stale = [];
for (const { path, contents } of files) {
  if (process.argv.includes("--check")) {
    const kept = await readFile(path).catch(() => Buffer.alloc(0));
    if (!kept.equals(Buffer.from(contents))) stale.push(relative(join(here, ".."), path));
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
  }
}
if (stale.length) {
  console.error(`not what the sources make: ${stale.join(", ")}; run: npm run build`);
  process.exit(1);
}

for (const { path, contents } of files) {
  const gzip = gzipSync(contents, { level: 9 }).length;
  const brotli = brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  const limit = path.endsWith("widget.js") ? LIMIT : null;
  console.log(JSON.stringify({ file: relative(join(here, ".."), path), bytes: contents.length, gzip, brotli, limit }));
  if (limit && gzip > limit) {
    console.error(`widget.js has ${gzip} bytes gzipped, over the limit of ${limit}`);
    process.exit(1);
  }
}
