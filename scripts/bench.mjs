// npm run bench                                lists the benches
// npm run bench -- NAME [--quick] [--json]     runs one, prints a table (or rows of JSON)
//                       [--only TEXT]          the cases with these letters in their names, of benches that take minutes
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules/.cache/traineragent-bench', String(process.pid));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'skip-build': { type: 'boolean', default: false },
  },
});

try {
  process.exitCode = await main();
} finally {
  rmSync(cache, { recursive: true, force: true });
}

async function main() {
  const names = benchFiles();
  const [name] = positionals;
  if (name === undefined) {
    for (const file of names) {
      const bench = await load(file);
      console.log(`${bench.name.padEnd(12)} ${bench.about}`);
    }
    return 0;
  }
  if (!names.includes(name)) {
    console.error(`Expected the name of a bench (${names.join(', ')}), got "${name}".`);
    return 2;
  }
  if (!values['skip-build']) build();
  const bench = await load(name);
  if (!values.json) console.log(`${bench.about}\n${machine()}\n`);
  const rows = await bench.run({
    python: process.env.TRAINERAGENT_PYTHON ?? join(root, '.venv/bin/python'),
    quick: values.quick,
    only: values.only,
  });
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else printTable(rows);
  return rows.every((row) => row.ok) ? 0 : 1;
}

/** Names of the files in `bench/` that are benches: those with a default export. */
function benchFiles() {
  return readdirSync(join(root, 'bench'))
    .filter((file) => file.endsWith('.ts') && /^export default /m.test(readFileSync(join(root, 'bench', file), 'utf8')))
    .map((file) => file.slice(0, -3))
    .sort();
}

/** Children and threads start from `dist/`. */
function build() {
  const tsup = join(dirname(createRequire(import.meta.url).resolve('tsup/package.json')), 'dist/cli-default.js');
  execFileSync(process.execPath, [tsup, '--silent'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TSUP_CODE_ONLY: '1' },
  });
}

/** Bundles a bench (Node 20 does not run TypeScript) and imports it. */
async function load(name) {
  const esbuild = await import('esbuild');
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, `${name}.mjs`);
  await esbuild.build({
    entryPoints: [join(root, 'bench', `${name}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [
      {
        // Each file keeps its own place: data, scripts and entries of threads are found from there.
        name: 'import-meta',
        setup(setup) {
          setup.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8')
              .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
              .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
              .replaceAll('import.meta.filename', JSON.stringify(path)),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return (await import(pathToFileURL(outfile).href)).default;
}

function machine() {
  const memory = Math.round(totalmem() / 2 ** 30);
  const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpu}, ${availableParallelism()} cores, ${memory} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

function printTable(rows) {
  const head = ['case', 'metric', 'ours', 'peer', 'ratio', 'must', 'ok'];
  const lines = rows.map((row) => [
    row.case,
    row.metric,
    number(row.ours),
    number(row.peer),
    number(row.ratio),
    row.must,
    row.ok ? 'yes' : 'NO',
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  for (const line of [head, widths.map((width) => '-'.repeat(width)), ...lines]) {
    console.log(`| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`);
  }
}

function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}
