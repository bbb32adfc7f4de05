import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptedModel } from 'traineragent/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Action, fileStore, type RunEvent, Trainer, TrainerError } from '../../src/index.ts';
import { complete, failureOf, finished, outcomeOf, quickRequest } from './sample.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bad-run-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const built = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);

/** Processes whose parent is this one and that run the file `name`. */
function childrenOf(pid: number, name: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const isRunning = fields[0] !== 'Z' && fields[0] !== 'X';
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      return isRunning && Number(fields[1]) === pid && command.includes(name) ? [Number(entry)] : [];
    } catch {
      return []; // it ended while we looked
    }
  });
}

describe('A run that is aborted', () => {
  it('ends so at whichever stage, with one run-end, the same error everywhere, and no process left', async () => {
    const whole = await finished(quickRequest());
    const stages = whole.events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []));
    expect(stages.length).toBeGreaterThan(15);
    const abortAt = async (stage: string) => {
      const run = new Trainer().run(quickRequest());
      const events: RunEvent[] = [];
      let thrown: unknown;
      try {
        for await (const event of run) {
          events.push(event);
          if (event.type === 'stage-start' && event.stage === stage) run.abort();
        }
      } catch (error) {
        thrown = error;
      }
      const error = await run.result.catch((reason: unknown) => reason);
      expect(error).toBe(thrown);
      expect(TrainerError.isInstance(error) && error.toJSON()).toEqual({
        code: 'RUN_ABORTED',
        message: 'The run was aborted. What was finished is kept: resume it to go on from there.',
        details: {},
      });
      expect(events.filter(({ type }) => type === 'run-end')).toEqual([
        expect.objectContaining({
          status: 'aborted',
          error: { code: 'RUN_ABORTED', message: (error as Error).message },
        }),
      ]);
      expect(events.at(-1)?.type).toBe('run-end');
    };
    for (let at = 0; at < stages.length; at += 4) await Promise.all(stages.slice(at, at + 4).map(abortAt));
    expect(childrenOf(process.pid, 'child.js')).toEqual([]);
  });

  it('does not begin where its signal is aborted already', async () => {
    const failure = await failureOf(quickRequest({ signal: AbortSignal.abort() }));
    expect(failure.code).toBe('RUN_ABORTED');
  });
});

describe('A decider that fails pauses the run, and the default stands when it is resumed', () => {
  const never = () => new Promise<Action<never>>(() => undefined);
  it.each([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
      'A decider of "data.columns" failed: no database',
    ],
    ['rejects', () => Promise.reject(new Error('no database')), 'A decider of "data.columns" failed: no database'],
    [
      'returns nonsense',
      () => 'yes' as never,
      'A decider of "data.columns" failed: it returned no action; return accept(), replace(answer), retry(feedback), pause() or stop()',
    ],
    [
      'returns nothing',
      () => undefined as never,
      'A decider of "data.columns" failed: it returned no action; return accept(), replace(answer), retry(feedback), pause() or stop()',
    ],
    ['never returns', never, 'A decider of "data.columns" failed: no answer within 50 ms'],
    [
      'replaces by what is not there',
      () => ({ action: 'replace', answer: { use: ['height'] } }) as never,
      /^A decider's answer to "data.columns" is not valid: use\[0\]/,
    ],
  ])('%s', async (_what, decider, why) => {
    const trainer = new Trainer({ deciderTimeoutMs: 50 });
    const remove = trainer.decide('data.columns', decider);
    const run = trainer.run(quickRequest());
    const outcome = await run.result;
    if (outcome.status !== 'paused') throw new Error(`Expected a paused run, got ${outcome.status}.`);
    expect(outcome.code).toBe('DECIDER_FAILED');
    expect(outcome.why).toMatch(why);
    expect(outcome.questions).toEqual([
      expect.objectContaining({ question: 'data.columns', default: { use: ['x', 'y', 'colour'] } }),
    ]);
    remove();
    const { status, facts } = await trainer.resume(run.id, {
      answers: { 'model.candidates': { learners: ['linear'] } },
    }).result;
    expect(status).toBe('complete');
    expect(facts.decisions.find(({ question }) => question === 'data.columns')?.by).toBe('rule');
  });
});

describe('A listener that fails', () => {
  it('is told of, and changes nothing', async () => {
    const plain = complete(await outcomeOf(quickRequest()));
    const { events, outcome } = await finished(quickRequest(), {}, (trainer) => {
      trainer.on('stage-end', () => {
        throw new Error('no screen');
      });
      trainer.on('message', () => Promise.reject(new Error('no network')));
      trainer.on('decision', () => new Promise(() => undefined));
      trainer.on('decision', (event) => {
        (event as { answer: unknown }).answer = 'mine';
      });
    });
    expect(complete(outcome).facts.hashes.model).toBe(plain.facts.hashes.model);
    const told = events.filter((event) => event.type === 'listener-error');
    expect(told).toContainEqual(expect.objectContaining({ event: 'stage-end', error: 'no screen' }));
    expect(told).toContainEqual(expect.objectContaining({ event: 'message', error: 'no network' }));
    expect(told).toContainEqual(
      expect.objectContaining({ event: 'decision', error: expect.stringMatching(/read.only/) }),
    );
    expect(events.filter(({ type }) => type === 'run-end')).toHaveLength(1);
  });
});

describe('A language model that answers nonsense', () => {
  it('is asked three times a question at most, and then the rule decides and says so', async () => {
    const plain = complete(await outcomeOf(quickRequest()));
    const nonsense = [
      'hello',
      '{"configurations": 7}',
      '{"configurations": [{"learner": "rm -rf /", "values": {}}]}',
      new Error('overloaded'),
    ];
    const llm = scriptedModel(Array.from({ length: 40 }, (_, i) => nonsense[i % nonsense.length]!));
    const { events, outcome } = await finished(quickRequest(), { llm });
    expect(complete(outcome).facts.hashes.model).toBe(plain.facts.hashes.model);
    const decisions = events.filter((event) => event.type === 'decision');
    const asked = new Set(events.flatMap((event) => (event.type === 'model-call' ? [event.question] : [])));
    expect(asked.size).toBeGreaterThan(1);
    for (const question of asked) {
      const decision = decisions.find((event) => event.question === question);
      expect(decision).toMatchObject({
        by: 'rule',
        fallback: expect.stringMatching(/^(no valid answer after|the model could not answer: overloaded)/),
      });
      expect(
        events.filter(
          (event) => event.type === 'model-call' && event.question === question && event.phase === 'request',
        ).length,
      ).toBeLessThanOrEqual(3);
    }
  });
});

describe('A store that fails', () => {
  it('is RUN_LOCKED while another process works on the run', async () => {
    const store = join(folder, 'locked');
    const script = `
      const { Trainer, fileStore } = await import(${built});
      const trainer = new Trainer({ store: fileStore(${JSON.stringify(store)}) });
      trainer.decide('data.columns', () => { console.log('holding'); return new Promise(() => undefined); });
      await trainer.run({ prompt: 'Predict the label', data: JSON.parse(process.env.ROWS), runId: 'shared' }).result;`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ROWS: JSON.stringify(quickRequest().data) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      const error = await new Trainer({ store: fileStore(store) })
        .resume('shared')
        .result.catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'RUN_LOCKED',
        message: `Process ${holder.pid} is working on this run. Wait for it, or end it and resume.`,
      });
    } finally {
      await killed(holder);
    }
    // Its lock is worth nothing without it.
    const outcome = await new Trainer({ store: fileStore(store) }).resume('shared', {
      answers: { 'model.candidates': { learners: ['linear'] } },
    }).result;
    expect(outcome.status).toBe('complete');
  });

  it('is STORE_FAILED with what to do where the disk is full', () => {
    // A file system of 64 kB, which only the process that mounted it sees.
    const disk = mkdtempSync(join(folder, 'disk-'));
    const script = `
      const { Trainer, fileStore } = await import(${built});
      const trainer = new Trainer({ store: fileStore(${JSON.stringify(disk)}) });
      const rows = Array.from({ length: 4000 }, (_, i) => ({ x: i, y: i * 7 % 11, label: i % 3 ? 'a' : 'b' }));
      const run = trainer.run({ prompt: 'Predict the label', data: rows });
      let ends = 0;
      trainer.on('run-end', () => ends++);
      await run.result.catch(({ code, message }) => console.log(JSON.stringify({ code, message })));
      console.log(ends);`;
    const lines = execFileSync(
      'unshare',
      [
        '--map-root-user',
        '--mount',
        'sh',
        '-c',
        `mount -t tmpfs -o size=64k none "$0" && exec "$1" --input-type=module -e "$2"`,
        disk,
        process.execPath,
        script,
      ],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n');
    expect(JSON.parse(lines[0]!)).toEqual({
      code: 'STORE_FAILED',
      message: "Could not write the run's folder: the disk is full; free space and resume the run.",
    });
    expect(lines[1]).toBe('1');
  });

  describe('keeps a journal that is', () => {
    const runs = join(tmpdir(), `bad-run-journals-${process.pid}`);
    let journal: Buffer;
    beforeAll(async () => {
      const trainer = new Trainer({ store: fileStore(runs) });
      trainer.decide('model.candidates', () => ({ action: 'pause' }));
      await trainer.run({ ...quickRequest(), answers: {}, runId: 'paused' }).result;
      journal = readFileSync(join(runs, 'paused', 'journal.jsonl'));
    });
    afterAll(() => rmSync(runs, { recursive: true, force: true }));
    const resumed = (bytes: Uint8Array) => {
      writeFileSync(join(runs, 'paused', 'journal.jsonl'), bytes);
      return new Trainer({ store: fileStore(runs) }).resume('paused', {
        answers: { 'model.candidates': { learners: ['linear'] } },
      }).result;
    };
    const damaged = (record: number, why: string) => ({
      code: 'JOURNAL_DAMAGED',
      message: `Expected journal record ${record} to be as it was written, ${why}. The run can't be resumed; start a new one, or restore journal.jsonl from a copy.`,
    });
    const lines = () => journal.toString('utf8').split('\n');

    it.each<[string, () => Uint8Array, ReturnType<typeof damaged>]>([
      [
        'cut in the middle',
        () => Buffer.from([...lines().slice(0, 3), ...lines().slice(4)].join('\n')),
        damaged(4, 'got one that was altered or moved'),
      ],
      [
        'flipped in one bit',
        () => {
          const bytes = Buffer.from(journal);
          bytes[bytes.length >> 1]! ^= 1;
          return bytes;
        },
        expect.objectContaining({ code: 'JOURNAL_DAMAGED' }) as never,
      ],
      [
        'reordered',
        () => {
          const all = lines();
          [all[2], all[3]] = [all[3]!, all[2]!];
          return Buffer.from(all.join('\n'));
        },
        damaged(3, 'got one that was altered or moved'),
      ],
      ['empty', () => Buffer.alloc(0), damaged(1, 'got none')],
    ])('%s, and refuses it', async (_what, bytes, expected) => {
      const error = await resumed(bytes()).catch((reason: unknown) => reason);
      expect(TrainerError.isInstance(error)).toBe(true);
      expect(error).toMatchObject(expected);
    });

    it('cut in its last record, as a crash cuts it, and goes on', async () => {
      const outcome = await resumed(journal.subarray(0, journal.length - 20));
      expect(outcome.status).toBe('complete');
    });
  });

  it('refuses a model file that was altered in its folder', async () => {
    const runs = join(folder, 'altered');
    const first = complete(await outcomeOf(quickRequest({ runId: 'one' }), { store: fileStore(runs) }));
    const path = join(runs, 'one', 'blobs', first.facts.hashes.model!);
    const bytes = readFileSync(path);
    for (const [what, broken] of [
      ['cut', bytes.subarray(0, bytes.length >> 1)],
      ['altered', Buffer.from(bytes).fill(7, 100, 101)],
    ] as const) {
      writeFileSync(path, broken);
      const error = await new Trainer({ store: fileStore(runs) })
        .resume('one')
        .result.catch((reason: unknown) => reason);
      expect([what, error]).toEqual([what, expect.objectContaining({ code: 'STORE_FAILED' })]);
      expect((error as Error).message).toMatch(
        /^Expected blob [0-9a-f]{12} to have the bytes of its name, got others: the file was altered\./,
      );
    }
  });
});

describe('The process that trains', () => {
  it('is started again where it is killed once, and the result is the same', async () => {
    const plain = complete(await outcomeOf(quickRequest()));
    let kills = 0;
    const { events, outcome } = await finished(quickRequest(), {}, (trainer) => {
      trainer.on('trial-start', () => {
        if (kills++ > 0) return;
        for (const pid of childrenOf(process.pid, 'child.js')) process.kill(pid, 'SIGKILL');
      });
    });
    expect(complete(outcome).facts.hashes.model).toBe(plain.facts.hashes.model);
    expect(events).toContainEqual(expect.objectContaining({ type: 'tool-call', phase: 'restart' }));
  });

  it('is given up where it is killed again, with the line that helps', async () => {
    const { error } = await finished(quickRequest(), {}, (trainer) => {
      const kill = () => {
        for (const pid of childrenOf(process.pid, 'child.js')) process.kill(pid, 'SIGKILL');
      };
      trainer.on('trial-start', kill);
      trainer.on('tool-call', ({ phase }) => phase === 'restart' && kill());
    });
    expect(error).toMatchObject({
      code: 'RUN_CHILD_FAILED',
      message:
        'Expected the process that trains to finish "trial", but it ended twice (SIGKILL). If the machine ran out of memory, use fewer rows or columns; then resume the run.',
    });
  });
});

async function killed(process_: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => process_.once('exit', resolve));
  process_.kill('SIGKILL');
  await ended;
}
