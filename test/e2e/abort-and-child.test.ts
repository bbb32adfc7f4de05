import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtInStages } from '../../src/agents/stages.ts';
import { fileStore, memoryStore, type Run, type RunEvent, Trainer } from '../../src/index.ts';
import { complete, quickRequest, sampleRows } from './sample.ts';

const request = quickRequest({ data: sampleRows(200), runId: 'run' });
let reference = '';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-child-'));
  reference = complete(await new Trainer().run(request).result).model.hash;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Children of this process that train. */
function trainingChildren(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return (
          Number(parent) === process.pid &&
          state !== 'Z' &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('/dist/child.js') === true
        );
      } catch {
        return false; // it ended meanwhile
      }
    });
}

/** The last event of a run that has ended. */
async function lastOf(run: Run<unknown>): Promise<RunEvent | undefined> {
  let last: RunEvent | undefined;
  try {
    for await (const event of run) last = event;
  } catch {
    // The result rejects with the same error.
  }
  return last;
}

/** Kills the process that trains, as soon as there is one. */
async function killChild(not: ReadonlySet<number> = new Set()): Promise<number> {
  for (;;) {
    const pid = trainingChildren().find((candidate) => !not.has(candidate));
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      return pid;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('a run that is aborted', () => {
  it('settles within 300 ms at every stage, and ends with the same model when it is resumed', async () => {
    const trainer = new Trainer({ store: memoryStore() });
    const late: string[] = [];
    let target = builtInStages[0]!.name;
    let abortedAt = 0;
    let run = trainer.run(request);
    const abortAt = (stage: string) => {
      if (stage !== target || abortedAt > 0) return;
      abortedAt = performance.now();
      run.abort();
    };
    // Where the stage calls a tool, in the middle of its work; else when it has said what it had to say.
    trainer.on('tool-call', ({ stage }) => abortAt(stage));
    trainer.on('message', ({ stage }) => abortAt(stage));
    for (const { name } of builtInStages) {
      target = name;
      abortedAt = 0;
      const failure = await run.result.then(
        () => undefined,
        (error: unknown) => error,
      );
      const took = performance.now() - abortedAt;
      if (took > 300) late.push(`${name}: ${Math.round(took)} ms`);
      expect({ name, failure }).toMatchObject({ name, failure: { code: 'RUN_ABORTED' } });
      expect(await lastOf(run)).toMatchObject({ type: 'run-end', status: 'aborted', error: { code: 'RUN_ABORTED' } });
      await vi.waitFor(() => expect(trainingChildren()).toEqual([])); // killed is not gone at once
      run = trainer.resume('run');
    }
    expect(late).toEqual([]);
    expect(complete(await run.result).model.hash).toBe(reference);
  });
});

describe('the process that trains', () => {
  it.each(['split', 'trial', 'evaluate'])('may be killed once while it works on "%s"', async (tool) => {
    const trainer = new Trainer();
    let killed: Promise<number> | undefined;
    const phases: string[] = [];
    trainer.on('tool-call', (event) => {
      phases.push(`${event.tool} ${event.phase}`);
      if (event.tool === tool && event.phase === 'start') killed ??= killChild();
    });
    const outcome = complete(await trainer.run(request).result);
    expect(await killed).toBeGreaterThan(0);
    expect(phases).toContain(`${tool} restart`);
    expect(outcome.model.hash).toBe(reference);
  });

  it('that is killed twice in one call ends the run, which can be resumed', async () => {
    const store = fileStore(folder);
    const trainer = new Trainer({ store });
    let first: Promise<number> | undefined;
    let second: Promise<number> | undefined;
    trainer.on('tool-call', ({ tool, phase }) => {
      if (tool !== 'trial') return;
      if (phase === 'start') first ??= killChild();
      if (phase === 'restart') second ??= first?.then((pid) => killChild(new Set([pid])));
    });
    const ended: string[] = [];
    trainer.on('run-end', ({ status, error }) => ended.push(`${status} ${error?.code}`));
    await expect(trainer.run(request).result).rejects.toMatchObject({
      code: 'RUN_CHILD_FAILED',
      details: { tool: 'trial', how: 'SIGKILL' },
    });
    expect(await second).toBeGreaterThan(0);
    expect(ended).toEqual(['failed RUN_CHILD_FAILED']);
    const outcome = complete(await new Trainer({ store }).resume('run').result);
    expect(outcome.model.hash).toBe(reference);
  });
});
