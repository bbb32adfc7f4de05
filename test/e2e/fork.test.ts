import { copyFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { systemServices } from '../../src/cli/system-services.ts';
import { fileStore, pause, Trainer, type TrainerOutcome } from '../../src/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';
import { fakeIo } from '../cli/fakes.ts';

const penguins = fileURLToPath(new URL('../../examples/data/penguins.csv', import.meta.url));
let folder = '';
let trainer: Trainer;
let first: TrainerOutcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-fork-'));
  trainer = new Trainer({ store: fileStore(folder) });
  first = await trainer.run({
    runId: 'first',
    prompt: 'Predict the species of a penguin.',
    data: penguins,
    budget: { workUnits: 60 },
  }).result;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const readsOf = async () => (await readFile(join(folder, 'vault-reads.txt'), 'utf8')).trim().split('\n').length;
const journalOf = async (runId: string) => readFile(join(folder, runId, 'journal.jsonl'), 'utf8');

describe('trainer.fork', () => {
  it('reuses what was recorded before the decision, takes it another way, and compares both runs', async () => {
    const before = await journalOf('first');
    const reads = await readsOf();
    const fork = trainer.fork('first', { at: 'model.calibration', answer: { method: 'none' }, runId: 'warmer' });
    const calls: string[] = [];
    let stage = '';
    for await (const event of fork) {
      if (event.type === 'stage-start') stage = event.stage;
      // The learning curve of what was chosen is fitted by trials too.
      if (event.type === 'tool-call' && event.phase === 'start' && stage !== 'model.explain') calls.push(event.tool);
    }
    const outcome = await fork.result;
    expect(outcome.status).toBe('complete');
    // The first run has done that.
    for (const tool of ['collect', 'split', 'clean', 'check', 'prepare', 'trial', 'combine'])
      expect(calls).not.toContain(tool);
    expect(calls).toContain('freeze');
    expect(outcome.facts.request.forkOf).toEqual({ runId: 'first', question: 'model.calibration' });
    expect(outcome.facts.decisions.find(({ question }) => question === 'model.calibration')).toMatchObject({
      by: 'given',
      why: 'Asked what if, from run first.',
    });
    expect(await journalOf('first')).toBe(before);

    // The same test rows, so the reads of both count.
    expect(first.facts.split!.vaultReads).toBe(1);
    expect(outcome.facts.split!.vaultReads).toBe(reads + 1);
    expect(outcome.facts.hashes.vault).toBe(first.facts.hashes.vault);

    const comparison = await fork.comparison();
    expect(comparison.first).toBe('first');
    expect(comparison.second).toBe('warmer');
    const row = (what: string) => comparison.rows.find((of) => of.what === what);
    expect(row('model.calibration')).toMatchObject({ kind: 'decision', second: 'none (given)', isSame: false });
    expect(row('reads of the test rows so far')).toMatchObject({ first: 1, second: reads + 1 });
    const score = row('balanced accuracy, test rows')!;
    expect(score.first).toBe(first.facts.scores[0]!.value);
    expect(score.second).toBe(outcome.facts.scores[0]!.value);
    expect(score.secondInterval).toEqual([outcome.facts.scores[0]!.low, outcome.facts.scores[0]!.high]);
    expect(comparison.text).toMatch(/^ +first +warmer\n/);
    expect(comparison.text).toContain(`The same test rows have judged ${reads + 1} models`);
    // Every number of a fork can be computed again like any other's.
    const checks = await verifyRun(join(folder, 'warmer'));
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('a fork that answers as the run did makes the same file, which is no second read', async () => {
    const decision = { use: first.facts.decisions.find(({ question }) => question === 'model.ensemble')!.answer };
    expect(['single', 'blend']).toContain(decision.use);
    const reads = await readsOf();
    const fork = trainer.fork('first', { at: 'model.ensemble', answer: decision as { use: 'single' } });
    const outcome = await fork.result;
    expect(outcome.facts.hashes.model).toBe(first.facts.hashes.model);
    // Those of the first and of forks before: this one adds none.
    expect(outcome.facts.split!.vaultReads).toBe(reads);
    expect(await readsOf()).toBe(reads);
  });

  it('a fork after the test rows were read does not read them again', async () => {
    const fork = trainer.fork('first', { at: 'server.deployment', answer: { way: 'service' }, runId: 'served' });
    const calls: string[] = [];
    for await (const event of fork) if (event.type === 'tool-call') calls.push(event.tool);
    expect((await fork.result).status).toBe('complete');
    expect(calls).not.toContain('evaluate');
  });

  it('is resumed like any run, and answers the question the same way', async () => {
    trainer.decide('model.ensemble', () => pause('Wait.'));
    const fork = trainer.fork('first', { at: 'model.candidates', answer: { learners: ['linear'] }, runId: 'later' });
    expect((await fork.result).status).toBe('paused');
    const other = new Trainer({ store: fileStore(folder) });
    const outcome = await other.resume('later').result;
    expect(outcome.status).toBe('complete');
    expect(new Set(outcome.facts.trials.map(({ learner }) => learner))).toEqual(new Set(['baseline', 'linear']));
    // A fork of the fork: the journal says where it came from.
    const again = other.fork('later', { at: 'task.metric', answer: { metric: 'accuracy' }, runId: 'again' });
    expect((await again.result).facts.request.forkOf).toEqual({ runId: 'later', question: 'task.metric' });
  });

  // Three commands and a whole run: on a busy machine they take longer than other tests.
  it('on the command line reads one folder and writes another, and both count the reads of the test rows', async () => {
    const place = join(folder, 'command-line');
    const cli = async (...argv: string[]) => {
      const io = fakeIo(place);
      const code = await runCli(argv, io, systemServices());
      return { code, out: io.stdout.text, err: io.stderr.text };
    };
    const data = ['--data', penguins, '--seed', '3', '--budget', 'quick'];
    const plan = await cli('plan', 'Predict the sex of a penguin.', ...data, '--json');
    expect(plan).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(plan.out)).toMatchObject({ status: 'planned', task: { target: { value: 'sex' } } });

    // A copy, so that no other test depends on how this one ends.
    await cp(join(folder, 'first'), join(place, 'out', 'run'), { recursive: true });
    await copyFile(join(folder, 'vault-reads.txt'), join(place, 'out', 'run', 'vault-reads.txt'));
    const argv = ['fork', 'out', '--at', 'model.calibration', '--answer', 'none'];
    const { code, out, err } = await cli(...argv, '--out', 'other', '--json');
    expect(code).toBe(0);
    expect(err).toContain('reads of the test rows so far');
    const { comparison } = JSON.parse(out) as { comparison: { rows: { what: string; second: unknown }[] } };
    expect(comparison.rows.find(({ what }) => what === 'model.calibration')!.second).toBe('none (given)');
    expect(await readdir(join(place, 'other'))).toEqual(expect.arrayContaining(['model.onnx', 'report.html', 'run']));
    const ledger = async (of: string) => readFile(join(place, of, 'run', 'vault-reads.txt'), 'utf8');
    expect(await ledger('out')).toBe(await ledger('other'));
    expect((await cli('verify', 'other')).code).toBe(0);
    expect((await cli(...argv, '--out', 'other')).code).toBe(2);
  }, 240_000);

  it.each([
    ['RUN_NOT_FOUND', 'none', { at: 'model.candidates', answer: { learners: ['linear'] } }, /no journal|none/],
    [
      'REQUEST_INVALID',
      'first',
      { at: 'task.target', answer: { target: 'sex' } },
      /a question that the run has decided/,
    ],
    ['REQUEST_INVALID', 'first', { at: 'model.candidate', answer: {} }, /by question id/],
    [
      'REQUEST_INVALID',
      'first',
      { at: 'model.candidates', answer: { learners: ['linear'] }, occurrence: 7 },
      /to be below 1/,
    ],
    ['DECISION_INVALID', 'first', { at: 'model.candidates', answer: { learners: ['forest'] } }, /model\.candidates/],
  ])('%s for run %s and %j', async (code, runId, options, message) => {
    const error = await new Trainer({ store: fileStore(folder) })
      .fork(runId, options as { at: 'model.candidates'; answer: { learners: string[] } })
      .result.catch((failure: unknown) => failure as Error);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  });

  it('a store that forgets runs says so', async () => {
    await expect(
      new Trainer().fork('first', { at: 'model.candidates', answer: { learners: ['linear'] } }).result,
    ).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(await readdir(folder)).toContain('first');
  });
});
