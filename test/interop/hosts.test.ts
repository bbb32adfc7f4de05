import { type ExecFileSyncOptions, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostEnv, install, installing, makeHost, packInto } from './packed.ts';

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
/** What is installed while the first tests run, in folders of its own; each is waited for where it is needed. */
let others: { readonly pnpm: Promise<void>; readonly next: Promise<void> };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'traineragent-hosts-'));
  tarball = packInto(folder);
  installed = makeHost(folder, 'a host with spaces');
  install(installed, tarball);
  const next = makeHost(folder, 'next');
  cpSync(join(root, 'examples/next-app'), next, { recursive: true });
  const nextPackages = ['next@16', 'react@19', 'react-dom@19', 'typescript@5', '@types/node@20', '@types/react@19'];
  others = {
    pnpm: installing(makeHost(folder, 'tools'), 'pnpm@10'),
    next: installing(next, tarball, ...nextPackages),
  };
  // A failure is told where it is waited for.
  for (const one of Object.values(others)) one.catch(() => undefined);
}, 300_000);
afterAll(async () => {
  await Promise.allSettled(Object.values(others));
  rmSync(folder, { recursive: true, force: true });
});

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

  it('in the layout of pnpm', async () => {
    const path = makeHost(folder, 'pnpm');
    await others.pnpm;
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
    const path = join(folder, 'next');
    await others.next;
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

it('the folder of the package holds the entry of every child process', () => {
  const dist = readdirSync(join(installed, 'node_modules/traineragent/dist'));
  for (const name of ['child.js', 'predict-child.js', 'csv-thread.js', 'trees-thread.js']) expect(dist).toContain(name);
});
