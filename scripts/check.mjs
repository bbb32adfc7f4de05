// npm run check: everything about the package that is no test of what it does. Each step prints one line; any failure
// prints its output and makes the exit code 1.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const maxGzipBytes = 40 * 1024;
/** What Node itself takes to start on the machine that the limit is for. */
const usualStartMs = 45;
const maxImportMs = 80;

let passed = 0;
let failed = 0;

// The build takes as long as all that reads the sources, each on one core: they go side by side.
const [isBuilt] = await Promise.all([
  step('build', () => run('tsup', 'dist/cli-default.js', ['--silent'])),
  (async () => {
    await step('format and lint', () => run('@biomejs/biome', 'bin/biome', ['check', '--error-on-warnings', '.']));
    await step('types', () => run('typescript', 'bin/tsc', ['--noEmit']));
    await step('types of what runs in browsers', () =>
      run('typescript', 'bin/tsc', ['--noEmit', '-p', 'examples/browser']),
    );
    await step('architecture', () =>
      run('vitest', 'vitest.mjs', ['run', 'test/architecture.test.ts'], { TRAINERAGENT_SKIP_BUILD: '1' }),
    );
    await step('API documentation', () => run('typedoc', 'bin/typedoc', ['--emit', 'none', '--logLevel', 'Warn']));
    await step('unused files, exports and dependencies', () => run('knip', 'bin/knip.js', ['--no-progress']));
  })(),
]);
if (isBuilt) {
  await step('size of what `import { Trainer }` loads', checkSize);
  await step('time of `import { Trainer }`', checkImportTime);
  await step('package', checkPackage);
}
console.log(`check: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Runs a step; it returns a note, or throws with what is wrong. */
async function step(name, body) {
  const started = performance.now();
  try {
    const note = await body();
    passed++;
    console.log(`✓ ${name}${note ? `: ${note}` : ''} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    failed++;
    console.log(`✗ ${name}`);
    console.log(error instanceof Error ? error.message.trimEnd() : String(error));
    return false;
  }
}

/** Runs a tool of `node_modules` with this Node. */
async function run(name, bin, args, env = {}) {
  const script = join(packageFolder(name), bin);
  const child = spawn(process.execPath, [script, ...args], { cwd: root, env: { ...process.env, ...env } });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(part));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(Buffer.concat(said).toString());
}

function packageFolder(name) {
  // Not through `exports`, which need not have package.json.
  for (const base of require.resolve.paths(name) ?? []) {
    const folder = join(base, name);
    try {
      readFileSync(join(folder, 'package.json'));
      return folder;
    } catch {} // not here: the next folder up
  }
  throw new Error(`Expected ${name} to be installed. Run npm ci.`);
}

function checkSize() {
  const reached = new Map();
  const visit = (file) => {
    if (reached.has(file)) return;
    const text = readFileSync(file, 'utf8');
    reached.set(file, gzipSync(text, { level: 9 }).length);
    // Static imports of tsup's output: `from"./chunk.js"` or a bare `import"./chunk.js"`, never `import("./chunk.js")`.
    for (const [, to] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+)["']/g)) visit(resolve(dirname(file), to));
  };
  visit(join(root, 'dist/index.js'));
  const bytes = [...reached.values()].reduce((sum, size) => sum + size, 0);
  const text = `${(bytes / 1024).toFixed(1)} kB gzip in ${reached.size} files, at most ${maxGzipBytes / 1024}`;
  if (bytes > maxGzipBytes) throw new Error(text);
  return text;
}

function checkImportTime() {
  const code = `await import(${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)})`;
  const time = (source) => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return performance.now() - started;
  };
  time(code); // from the disk
  const [bare, full] = [[], []];
  for (let i = 0; i < 11; i++) {
    bare.push(time('0'));
    full.push(time(code));
  }
  // The quickest of each: what other work on the machine adds is not ours. A machine that starts Node slowly is given as much more.
  const [own, whole] = [Math.min(...bare), Math.min(...full)];
  const most = maxImportMs * Math.max(1, own / usualStartMs);
  const text = `${(whole - own).toFixed(0)} ms beyond Node's own ${own.toFixed(0)}, at most ${most.toFixed(0)}`;
  if (whole - own > most) throw new Error(text);
  return text;
}

async function checkPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'traineragent-pack-'));
  try {
    const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    if (packed.status !== 0) throw new Error(`${packed.stdout}${packed.stderr}`);
    const [name] = readdirSync(folder);
    const tarball = join(folder, name);
    await run('publint', 'src/cli.js', ['run', tarball, '--strict']);
    await run('@arethetypeswrong/cli', 'dist/index.js', ['--profile', 'esm-only', '--no-definitely-typed', tarball]);
    return `${name}, ${(readFileSync(tarball).length / 1024).toFixed(0)} kB`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
