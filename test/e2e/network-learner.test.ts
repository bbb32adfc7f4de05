import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStore, type RunEvent, type RunRequest, Trainer } from '../../src/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';
import { complete, networkAnswers, sampleRows } from './sample.ts';

/** One long fit a fold: small steps, and many of them. */
const request: RunRequest = {
  prompt: 'Predict the label with a neural network',
  data: sampleRows(260),
  runId: 'run',
  budget: { workUnits: 20_000 },
  answers: networkAnswers,
};

let folder = '';
let reference = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-network-'));
  const outcome = complete(await new Trainer({ store: fileStore(join(folder, 'reference')) }).run(request).result);
  reference = outcome.model.hash;
  expect(outcome.facts.winner?.members.map(({ learner }) => learner)).toEqual(['network']);
  expect(outcome.facts.scores[0]!.value).toBeGreaterThan(0.9);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The process of this one that trains. */
function trainingChild(): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const script = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1];
        return Number(parent) === process.pid && state !== 'Z' && script?.endsWith('/dist/child.js') === true;
      } catch {
        return false; // it ended meanwhile
      }
    });
}

const checkpointsOf = (name: string): string[] => {
  const path = join(folder, name, 'run', 'checkpoints');
  return existsSync(path)
    ? readdirSync(path)
        .filter((file) => !file.endsWith('.part'))
        .map((file) => join(path, file))
    : [];
};

/** Resolves when a fit of the search has kept its progress. */
async function untilCheckpoint(name: string): Promise<void> {
  while (checkpointsOf(name).length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a run with a network', () => {
  it('leaves no progress behind, and can be verified', async () => {
    expect(checkpointsOf('reference')).toEqual([]);
    const checks = await verifyRun(join(folder, 'reference', 'run'));
    expect(checks.length).toBeGreaterThan(5);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('goes on from the last checkpoint where native code crashes in the middle of a fit', async () => {
    const trainer = new Trainer({ store: fileStore(join(folder, 'crashed')) });
    const run = trainer.run(request);
    const heard: RunEvent[] = [];
    const listening = (async () => {
      for await (const event of run) heard.push(event);
    })();
    await untilCheckpoint('crashed');
    process.kill(trainingChild()!, 'SIGSEGV');
    expect(complete(await run.result).model.hash).toBe(reference);
    await listening;
    const restart = heard.findIndex((event) => event.type === 'tool-call' && event.phase === 'restart');
    const shares = heard
      .slice(restart)
      .flatMap((event) => (event.type === 'stage-progress' && event.share !== undefined ? [event.share] : []));
    expect(restart).toBeGreaterThan(0);
    // What it had done before the crash it did not do again.
    expect(shares[0]).toBeGreaterThan(0.02);
  });

  it('goes on from the last checkpoint when it is aborted within a fit and resumed, and settles at once', async () => {
    const store = fileStore(join(folder, 'aborted'));
    const run = new Trainer({ store }).run(request);
    run.result.catch(() => undefined);
    await untilCheckpoint('aborted');
    const at = performance.now();
    run.abort();
    await expect(run.result).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(performance.now() - at).toBeLessThan(300);
    expect(checkpointsOf('aborted').length).toBeGreaterThan(0);
    expect(complete(await new Trainer({ store }).resume('run').result).model.hash).toBe(reference);
    expect(checkpointsOf('aborted')).toEqual([]);
  });

  it.each([
    ['cut', (path: string) => truncateSync(path, 1000)],
    ['altered', (path: string) => writeFileSync(path, readFileSync(path).fill(7, 200, 300))],
    ['emptied', (path: string) => truncateSync(path, 0)],
  ] as const)('starts a fit again whose checkpoint was %s', async (name, damage) => {
    const store = fileStore(join(folder, name));
    const run = new Trainer({ store }).run(request);
    run.result.catch(() => undefined);
    await untilCheckpoint(name);
    run.abort();
    await expect(run.result).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    for (const path of checkpointsOf(name)) damage(path);
    expect(complete(await new Trainer({ store }).resume('run').result).model.hash).toBe(reference);
  });
});
