import { type ChildProcess, type ExecFileSyncOptions, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostEnv, install, makeHost, packInto } from './packed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const env = hostEnv;

/** What each host runs: everything that starts a process of its own. */
const body = `
  const run = new Trainer().run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv', budget: { workUnits: 40 } });
  const outcome = await run.result;
  await outcome.model.save('penguins.onnx');
  const server = await outcome.deploy({ port: 0 });
  const response = await fetch(server.url + '/v1/predict', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"island":"Biscoe"}' });
  await server.close();
  console.log(JSON.stringify({ status: outcome.status, served: response.status }));
`;
const asModule = `import { Trainer } from 'traineragent';\n${body}`;
const asCommonJs = `const { Trainer } = require('traineragent');\n(async () => {${body}})();`;
const works = '{"status":"complete","served":200}';

let folder: string;
let tarball: string;
let installed: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'traineragent-hosts-'));
  tarball = packInto(folder);
  installed = makeHost(folder, 'a host with spaces');
  install(installed, tarball);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The last line that a program prints. */
function printed(cwd: string, file: string, options: ExecFileSyncOptions = {}): string | undefined {
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd, env, encoding: 'utf8', ...options });
  return `${stdout}`.trim().split('\n').at(-1) || `${stderr}`;
}

describe('the packed tarball works', () => {
  it('as an ES module, in a path with spaces', () => {
    writeFileSync(join(installed, 'host.mjs'), asModule);
    expect(printed(installed, 'host.mjs')).toBe(works);
    expect(existsSync(join(installed, 'penguins.onnx'))).toBe(true);
  });

  it('from CommonJS, by require of an ES module', () => {
    writeFileSync(join(installed, 'host.cjs'), asCommonJs);
    expect(printed(installed, 'host.cjs')).toBe(works);
  });

  it.each([
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ] as const)('bundled by esbuild into one file (%s), with the package beside it', async (format, ending) => {
    const entry = join(installed, 'bundled.mjs');
    writeFileSync(
      entry,
      format === 'esm' ? asModule : `import { Trainer } from 'traineragent';\n(async () => {${body}})();`,
    );
    const outfile = join(installed, 'out', `bundle.${ending}`);
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'error',
      // CommonJS can't hold the `await`s at the top of some of its dependencies: there it stays outside the bundle.
      external: format === 'esm' ? ['onnxruntime-node'] : ['traineragent'],
      logOverride: { 'empty-import-meta': 'silent' },
      ...(format === 'esm'
        ? {
            banner: {
              js: "import { createRequire as _create } from 'node:module'; const require = _create(import.meta.url);",
            },
          }
        : {}),
    });
    expect(printed(installed, outfile)).toBe(works);
  });

  it('in the layout of pnpm', () => {
    const path = makeHost(folder, 'pnpm');
    install(makeHost(folder, 'tools'), 'pnpm@10');
    const pnpm = join(folder, 'tools/node_modules/pnpm/bin/pnpm.cjs');
    execFileSync(process.execPath, [pnpm, 'add', '--silent', '--store-dir', join(folder, 'store'), tarball], {
      cwd: path,
      env,
    });
    writeFileSync(join(path, 'host.mjs'), asModule);
    expect(printed(path, 'host.mjs')).toBe(works);
  });

  it('on a read-only file system but for one folder, as a user without rights', () => {
    const writable = join(folder, 'writable');
    mkdirSync(writable);
    chmodSync(folder, 0o755);
    chmodSync(writable, 0o777);
    const inside = asModule.replaceAll("'penguins.onnx'", `'${join(writable, 'penguins.onnx')}'`);
    writeFileSync(join(installed, 'read-only.mjs'), inside);
    const owned = process.getuid?.() === 0;
    if (!owned) for (const name of readdirSync(installed)) chmodSync(join(installed, name), 0o555);
    // The packages belong to root: who runs as nobody can't write to them. Else rights are taken away.
    if (!owned) chmodSync(installed, 0o555);
    try {
      const nobody = owned ? { uid: 65_534, gid: 65_534 } : {};
      const options = { ...nobody, env: { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: writable } };
      expect(printed(installed, 'read-only.mjs', options)).toBe(works);
    } finally {
      if (!owned) chmodSync(installed, 0o755);
    }
    expect(readdirSync(writable)).toEqual(['penguins.onnx']);
  });

  it('in routes of Next.js', async () => {
    const path = makeHost(folder, 'next');
    cpSync(join(root, 'examples/next-app'), path, { recursive: true });
    install(path, tarball, 'next@16', 'react@19', 'react-dom@19', 'typescript@5', '@types/node@20', '@types/react@19');
    const next = join(path, 'node_modules/next/dist/bin/next');
    execFileSync(process.execPath, [next, 'build'], { cwd: path, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const server = spawn(process.execPath, [next, 'start', '--port', '0', '--hostname', '127.0.0.1'], {
      cwd: path,
      env,
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let text = '';
        server.stdout.on('data', (part) => {
          text += part;
          const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
          if (found !== null) resolve(found[0]);
        });
        server.once('exit', () => reject(new Error(text)));
      });
      const post = async (route: string, value: unknown): Promise<unknown> =>
        (
          await fetch(`${url}/api/${route}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(value),
          })
        ).json();
      const rows = Array.from({ length: 120 }, (_, i) => ({
        x: i % 40,
        y: (i * 7) % 11,
        kind: i % 40 < 20 ? 'low' : 'high',
      }));
      const trained = (await post('train', { prompt: 'Predict the kind.', rows })) as Record<string, unknown>;
      expect(trained.status).toBe('complete');
      expect(await post('predict', [{ x: 1, y: 2 }])).toEqual([expect.objectContaining({ prediction: 'low' })]);
    } finally {
      server.kill('SIGKILL');
    }
  });
});

it('a worker of a queue is killed in the middle of a training, and another goes on', async () => {
  const path = makeHost(folder, 'queue');
  install(path, tarball, 'bullmq@6', 'ioredis@6');
  const source = readFileSync(join(root, 'examples/queue-worker.ts'), 'utf8');
  writeFileSync(join(path, 'worker.mjs'), transformSync(source, { loader: 'ts', format: 'esm' }).code);
  const port = await freePort();
  const redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
  const withRedis = { ...env, REDIS_URL: `redis://127.0.0.1:${port}` };
  const worker = () => spawn(process.execPath, ['worker.mjs'], { cwd: path, env: withRedis });
  const journal = join(path, 'runs/job-1/journal.jsonl');
  const records = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : []);
  let first: ChildProcess | undefined;
  let second: ChildProcess | undefined;
  try {
    const job = [join(path, 'worker.mjs'), 'add', 'Predict the species of a penguin.', 'penguins.csv'];
    expect(execFileSync(process.execPath, job, { cwd: path, env: withRedis, encoding: 'utf8' }).trim()).toBe('1');
    first = worker();
    await expect.poll(() => records().some((line) => line.includes('"model.search"')), { timeout: 60_000 }).toBe(true);
    first.kill('SIGKILL');
    const recorded = records().slice(0, -1);
    second = worker();
    const line = await new Promise<string>((resolve) => second!.stdout!.once('data', (text) => resolve(`${text}`)));
    expect(line).toMatch(/^1 \{"status":"complete"/);
    expect(existsSync(join(path, 'job-1.onnx'))).toBe(true);
    // What the first had written is still there: the second went on behind it.
    expect(records().slice(0, recorded.length)).toEqual(recorded);
  } finally {
    for (const one of [first, second, redis]) one?.kill('SIGKILL');
  }
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

it('the folder of the package holds the entry of every child process', () => {
  const dist = readdirSync(join(installed, 'node_modules/traineragent/dist'));
  for (const name of ['child.js', 'predict-child.js', 'csv-thread.js', 'trees-thread.js']) expect(dist).toContain(name);
});
