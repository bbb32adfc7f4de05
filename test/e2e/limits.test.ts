import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compressionQuestion } from '../../src/agents/model/compress.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { endPanel } from '../../src/cli/end-panel.ts';
import { createRandom } from '../../src/core/helpers/random.ts';
import { readJournal } from '../../src/core/run-folder.ts';
import { fileStore, Trainer } from '../../src/index.ts';
import { propose } from '../../src/tools/actions/propose.ts';
import { guardLearner } from '../../src/tools/learn/guard-learner.ts';
import type { Footprint } from '../../src/tools/learn/learner.ts';
import { networkFootprint } from '../../src/tools/learn/network/cost.ts';
import { networkLearner } from '../../src/tools/learn/network/network-learner.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';

const random = createRandom('limits');
const data = Array.from({ length: 250 }, () => {
  const [a, b, c] = [random.normal(), random.normal(), random.normal()];
  return { a, b, c, y: Math.sin(2 * a) * b + (c > 0 ? 1 : 0) + 0.1 * random.normal() > 0.4 ? 'yes' : 'no' };
});

interface Estimated {
  readonly limits: readonly { readonly limit: string; readonly meets: boolean }[];
  readonly tradeOff?: readonly {
    readonly id: string;
    readonly score: number;
    readonly sizeBytes: number;
    readonly latencyMs: number;
  }[];
}

async function run(prompt: string) {
  const run = new Trainer().run({ prompt, data, budget: 'quick' });
  let estimated: Estimated | undefined;
  for await (const event of run)
    if (event.type === 'message' && event.stage === 'server.estimate') estimated = event.body as unknown as Estimated;
  return { outcome: await run.result, estimated: estimated! };
}

describe('a limit in the request', () => {
  test('that can be kept makes a model within it', async () => {
    const { outcome, estimated } = await run('Predict y. It must fit in 40 kB.');
    if (outcome.status !== 'complete') throw new Error(outcome.status);
    expect(outcome.model.sizeBytes).toBeLessThanOrEqual(40_000);
    expect(estimated.limits).toMatchObject([{ limit: 'sizeBytes', meets: true }]);
    expect(estimated.tradeOff).toBeUndefined();
  });

  test.each([
    ['memory that all take alike gives no score away', { memoryBytes: 20e6 }, 'whole'],
    ['a size that only one comes near is met as nearly as can be', { sizeBytes: 2000 }, 'small'],
    ['of two limits the one that is exceeded most decides', { sizeBytes: 5500, latencyMs: 0.001 }, 'small'],
    ['the best within the limits is kept', { sizeBytes: 5500 }, 'half'],
  ])('is weighed against the score: %s', (_what, limits, kept) => {
    const variants = [
      { id: 'whole', what: '', score: 0.94, sizeBytes: 6300, latencyMs: 0.02, memoryBytes: 82.4e6 },
      { id: 'half', what: '', score: 0.92, sizeBytes: 5000, latencyMs: 0.015, memoryBytes: 82.2e6 },
      { id: 'small', what: '', score: 0.79, sizeBytes: 3800, latencyMs: 0.01, memoryBytes: 82e6 },
    ];
    expect(compressionQuestion.rule({ variants, limits } as never).answer).toEqual({ variant: kept });
  });

  test('that no model keeps is answered with what each size was measured to cost', async () => {
    const { outcome, estimated } = await run('Predict y. It must fit in 2 kB.');
    if (outcome.status !== 'complete') throw new Error(outcome.status);
    expect(outcome.verdict.kind).toBe('counter-offer');
    expect(estimated.limits).toMatchObject([{ limit: 'sizeBytes', meets: false }]);
    const { tradeOff } = estimated;
    expect(tradeOff!.length).toBeGreaterThan(1);
    // The first was kept; of the others none is beaten in everything.
    const [, ...others] = tradeOff!;
    for (const one of others) {
      const isBeaten = tradeOff!.some(
        (by) => by.score > one.score && by.sizeBytes < one.sizeBytes && by.latencyMs < one.latencyMs,
      );
      expect(isBeaten).toBe(false);
    }
  });

  test.each([
    ['latencyMs', 'Predict y in under 0.001 ms.'],
    ['sizeBytes', 'Predict y. It must fit in 2 kB.'],
    ['memoryBytes', 'Predict y on a device with 20 MB.'],
  ])(
    'that is missed is answered with the table of what could be had, in words and in the terminal: %s',
    async (limit, prompt) => {
      const { outcome, estimated } = await run(prompt);
      if (outcome.status !== 'complete') throw new Error(outcome.status);
      expect(estimated.limits).toMatchObject([{ limit, meets: false }]);
      expect(outcome.verdict.reasons.map(({ code }) => code)).toContain('LIMIT_BELOW_MEASURED');
      const tradeOff = outcome.facts.resources!.tradeOff!;
      expect(tradeOff.length).toBeGreaterThan(0);
      const answer = outcome.facts.answer!;
      const from = answer.indexOf('What could be had, each measured here; none of them beats another in everything:');
      expect(from).toBeGreaterThan(0);
      const told = answer.slice(from + 1, from + 1 + tradeOff.length);
      for (const [at, { what }] of tradeOff.entries())
        expect(told[at]).toMatch(
          new RegExp(
            `^- ${what}${at === 0 ? ' \\(kept\\)' : ''}: .* on validation data, .* ms a prediction, .* MB of memory\\.$`,
          ),
        );
      const panel = endPanel(outcome.facts, { folder: '/runs/one' }, { colours: false, cwd: '/', columns: 120 });
      expect(panel).toMatch(/ what could be had, on validation data +.* +file +prediction +memory\n/);
      for (const { what } of tradeOff) expect(panel).toContain(`  ${what}`);
      const narrow = endPanel(outcome.facts, { folder: '/runs/one' }, { colours: false, cwd: '/', columns: 50 });
      for (const { what } of tradeOff) expect(narrow).toContain(`  ${what}`);
    },
  );

  test.each([
    ['a file', 'Predict y. It must fit in 60 kB.', 60_000],
    ['the memory of a process', 'Predict y on a device with 94 MB.', 250_000],
  ])('on %s steers what is tried before anything is trained', async (_what, prompt, mostBytes) => {
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-limits-'));
    try {
      const request = {
        prompt,
        data,
        budget: { workUnits: 2000 },
        answers: { 'model.candidates': { learners: ['trees'] } },
        runId: 'limited',
      };
      const outcome = await new Trainer({ store: fileStore(folder) }).run(request).result;
      if (outcome.status !== 'complete') throw new Error(outcome.status);
      const { records } = readJournal(await readFile(join(folder, 'limited/journal.jsonl')));
      const calls = records.flatMap(({ body }) => (body.kind === 'call' ? [body] : []));
      const proposed = calls.find(
        ({ at, input }) => at.name === 'propose' && (input as { learner: string }).learner === 'trees',
      )!;
      const { limits } = proposed.input as unknown as { limits: { sizeBytes: number } };
      expect(limits.sizeBytes).toBe(mostBytes);
      const { candidates } = proposed.output as unknown as { candidates: { configuration: { iterations: number } }[] };
      // Trees of the default would be a thousand rounds.
      for (const { configuration } of candidates) expect(configuration.iterations).toBeLessThan(400);
      expect(outcome.model.sizeBytes).toBeLessThanOrEqual(mostBytes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test.each([
    ['a small file', { sizeBytes: 20_000 }, (footprint: Footprint) => footprint.fileBytes <= 20_000],
    ['little time', { latencyMs: 0.0001 }, (footprint: Footprint) => footprint.operationsPerRow < 2000],
  ])('of %s makes networks smaller before anything is trained', async (_what, limits, keeps) => {
    const facts = {
      task: 'regression',
      classCount: 0,
      rowCount: 5000,
      numberCount: 20,
      categorySizes: [12],
      missingShare: 0,
    } as const;
    const input = { set: facts, learner: 'network', count: 8, seed: 'limits' };
    const backend = async () => onnxBackend();
    // As the host's own learners are: guarded.
    const context = { learner: async () => guardLearner(networkLearner), backend, trainingBackend: backend };
    const free = await propose.run(input, context as never);
    const held = await propose.run({ ...input, limits }, context as never);
    expect(free.candidates.map(({ configuration }) => keeps(networkFootprint(configuration, facts)))).toContain(false);
    expect(held.candidates).toHaveLength(free.candidates.length);
    for (const [i, { configuration, cost }] of held.candidates.entries()) {
      expect(keeps(networkFootprint(configuration, facts))).toBe(true);
      expect(cost).toBeLessThanOrEqual(free.candidates[i]!.cost);
      expect(cost).toBe(networkLearner.cost(configuration, facts));
    }
  });

  test('on the size of a network is kept by rounding its weights, where nobody asked for it, and the file is checked like any other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-limits-'));
    try {
      const answers = { 'model.candidates': { learners: ['network'] } };
      const request = {
        prompt: 'Predict the species of a penguin. It must fit in 12 kB.',
        data: fileURLToPath(new URL('../../examples/data/penguins.csv', import.meta.url)),
        budget: { workUnits: 3000 },
      };
      const trainer = new Trainer({ store: fileStore(folder) });
      const kept = await trainer.run({ ...request, answers, runId: 'kept' }).result;
      if (kept.status !== 'complete') throw new Error(kept.status);
      expect(kept.facts.forms).toMatchObject([
        { form: 'float16', isDeployed: true, sizeBytes: kept.model.sizeBytes },
        { form: 'float32', isDeployed: false, isDelivered: true },
      ]);
      expect(kept.model.sizeBytes).toBeLessThanOrEqual(12_000);
      expect(kept.facts.forms![1]!.sizeBytes).toBeGreaterThan(12_000);
      expect(kept.facts.resources!.tradeOff).toBeUndefined();
      expect(kept.verdict.reasons.map(({ code }) => code)).not.toContain('LIMIT_BELOW_MEASURED');
      // It is the rounded file that the vault was read for.
      const { records } = readJournal(await readFile(join(folder, 'kept/journal.jsonl')));
      expect(records.flatMap(({ body }) => (body.kind === 'vault-read' ? [body.modelHash] : []))).toEqual([
        kept.model.hash,
      ]);
      const checks = await verifyRun(join(folder, 'kept'));
      expect(checks.length).toBeGreaterThan(20);
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);

      // A host that wants the model as it was found is told what the others would be.
      const whole = { ...answers, 'model.compression': { variant: 'as-found' } };
      const missed = await trainer.run({ ...request, answers: whole, runId: 'missed' }).result;
      if (missed.status !== 'complete') throw new Error(missed.status);
      expect(missed.verdict.kind).toBe('counter-offer');
      const { tradeOff } = missed.facts.resources!;
      expect(tradeOff![0]).toMatchObject({ what: 'as it was found', sizeBytes: missed.model.sizeBytes });
      expect(tradeOff!.find(({ what }) => what === 'as ONNX in float16')!.sizeBytes).toBe(kept.model.sizeBytes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
