import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import type { Configuration, Features, LearnerFacts, TaskKind } from '../../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../../src/tools/learn/linear/linear-learner.ts';
import { networkLearner } from '../../../../src/tools/learn/network/network-learner.ts';
import { sampleConfigurations } from '../../../../src/tools/search/sample-configurations.ts';
import { worstDifference } from '../../evaluate/run-graph.ts';
import { fitContext, makeRows, predictedByGraph, problems, scoreOf } from './sample.ts';

const short: Configuration = { epochs: 3, width: 16, batch: 64, bins: 6 };
const fitted = async (task: TaskKind, configuration: Configuration, rowCount = 400, scale = 1) =>
  networkLearner.fit(makeRows(task, rowCount, 'train', scale), configuration, problems[task], fitContext());

describe('the graph', () => {
  it.each([
    ['binary', { architecture: 'mlp', encoding: 'quantile' }, 1],
    ['binary', { architecture: 'resnet', encoding: 'piecewise' }, 1],
    ['multiclass', { architecture: 'mlp', encoding: 'piecewise', depth: 3 }, 1],
    ['multiclass', { architecture: 'resnet', encoding: 'quantile', depth: 1 }, 1],
    ['regression', { architecture: 'mlp', encoding: 'quantile', depth: 1 }, 1e9],
    ['regression', { architecture: 'resnet', encoding: 'piecewise' }, 1e-9],
  ] as const)('predicts what the model predicts on typed arrays: %s %j, target × %s', async (task, options, scale) => {
    const { model } = await fitted(task, { ...short, ...options }, 400, scale);
    const { features } = makeRows(task, 2000, 'other');
    features.numbers[0]!.values.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, Number.NaN]);
    const { data, shape } = await predictedByGraph(model, features);
    expect(shape).toEqual([2000, model.outputCount]);
    expect(worstDifference(data, model.predict(features))).toBeLessThan(1e-6);
  });

  it.each([
    ['binary', [1.5]],
    ['multiclass', [0.5, -1, 2, 0]],
  ] as const)('follows scores that are shifted, and so does the state: %s', async (task, by) => {
    const { model } = await fitted(task, short);
    const shifted = model.shifted!(by);
    const { features } = makeRows(task, 300, 'other');
    const [before, after] = [model.predict(features), shifted.predict(features)];
    // Log-odds, against the other class or the first.
    const odds = (p: Float64Array, row: number, k: number) =>
      task === 'binary' ? Math.log(p[row]! / (1 - p[row]!)) : Math.log(p[row * by.length + k]! / p[row * by.length]!);
    let worst = 0;
    for (let row = 0; row < 300; row++) {
      by.forEach((shift, k) => {
        const moved = task === 'binary' ? shift : shift - by[0];
        worst = Math.max(worst, Math.abs(odds(after, row, k) - odds(before, row, k) - moved));
      });
    }
    expect(worst).toBeLessThan(1e-5);
    expect(networkLearner.revive(shifted.toState()).predict(features)).toEqual(after);
    expect(worstDifference((await predictedByGraph(shifted, features)).data, after)).toBeLessThan(1e-6);
  });

  it.each(['numbers', 'categories'] as const)('needs no other features than %s', async (kind) => {
    const rows = makeRows('binary', 300, 'train');
    const features: Features = { ...rows.features, numbers: [], categories: [], [kind]: rows.features[kind] };
    const { model } = await networkLearner.fit({ ...rows, features }, short, problems.binary, fitContext());
    expect(worstDifference((await predictedByGraph(model, features)).data, model.predict(features))).toBeLessThan(1e-6);
    const revived = networkLearner.revive(model.toState());
    expect(revived.predict(features)).toEqual(model.predict(features));
  });
});

describe('a fit', () => {
  it.each([
    ['binary', 'mlp', 'quantile'],
    ['binary', 'resnet', 'piecewise'],
    ['multiclass', 'mlp', 'piecewise'],
    ['regression', 'resnet', 'quantile'],
  ] as const)('learns what no weighted sum can: %s, %s, %s', async (task, architecture, encoding) => {
    const rows = makeRows(task, 1200, 'train');
    const configuration = { architecture, encoding, epochs: 30, width: 32, batch: 32, learningRate: 0.005 };
    const validation = makeRows(task, 1000, 'other');
    const { model, bestIteration, notes } = await networkLearner.fit(
      rows,
      configuration,
      problems[task],
      fitContext({ validation }),
    );
    const linear = await linearLearner.fit(rows, { alpha: 1 }, problems[task], fitContext());
    expect(scoreOf(model, validation)).toBeGreaterThan(0.8);
    if (task !== 'regression') expect(scoreOf(model, validation)).toBeGreaterThan(scoreOf(linear.model, validation));
    expect(bestIteration).toBe(notes.bestEpoch);
    expect(bestIteration!).toBeLessThanOrEqual(notes.iterations as number);
    expect(notes.heldRows).toBeGreaterThan(150);
    const importance = model.importance();
    expect(importance.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect([importance[4], importance[5]]).toEqual([0, 0]);
  });

  it('gives the same bytes for the same seed, whatever the threads, and others for another', async () => {
    const bytes = async (threads: number, seed: string) => {
      const context = fitContext({ threads, random: createRandom(seed), validation: makeRows('binary', 10, 'any') });
      const { model } = await networkLearner.fit(makeRows('binary', 300, 'train'), short, problems.binary, context);
      return model.toState();
    };
    const first = await bytes(1, 'a');
    expect(await bytes(4, 'a')).toEqual(first);
    expect(await bytes(1, 'b')).not.toEqual(first);
  });

  it('keeps the weights of its best epoch, not of its last', async () => {
    const rows = makeRows('binary', 300, 'train');
    // Labels of chance: every further epoch only remembers them.
    const random = createRandom('noise');
    const target = rows.target.map(() => random.integer(2));
    const configuration = { ...short, epochs: 200, learningRate: 0.01, patience: 5, dropout: 0 };
    const validation = makeRows('binary', 10, 'any');
    const { bestIteration, notes, model } = await networkLearner.fit(
      { ...rows, target },
      configuration,
      problems.binary,
      fitContext({ validation }),
    );
    expect(notes.iterations).toBe(bestIteration! + 5);
    expect(notes.iterations).toBeLessThan(200);
    // No more than what guessing loses.
    expect(notes.heldLoss).toBeLessThan(0.8);
    expect(Math.max(...model.predict(rows.features))).toBeLessThan(0.95);
  });

  it.each(['binary', 'regression'] as const)('heeds the weights of rows: %s', async (task) => {
    const rows = makeRows(task, 600, 'train');
    // Half of the rows tell the opposite, with a weight of almost nothing.
    const flipped = rows.target.map((y, row) => (row % 2 === 0 ? y : task === 'binary' ? 1 - y : 6 - y));
    const weights = Float64Array.from({ length: 600 }, (_, row) => (row % 2 === 0 ? 2 : 1e-3));
    const configuration = { ...short, epochs: 25, width: 32, batch: 32, learningRate: 0.005 };
    const validation = makeRows(task, 500, 'other');
    const score = async (own?: Float64Array) => {
      const part = { ...rows, target: flipped, ...(own === undefined ? {} : { weights: own }) };
      const { model } = await networkLearner.fit(part, configuration, problems[task], fitContext());
      return scoreOf(model, validation);
    };
    expect(await score(weights)).toBeGreaterThan(0.75);
    expect(await score()).toBeLessThan(0.7);
  });

  it('gives a value of a category that it never saw the mean effect', async () => {
    const rows = makeRows('binary', 500, 'train');
    const { model } = await networkLearner.fit(rows, { ...short, epochs: 10 }, problems.binary, fitContext());
    const other = makeRows('binary', 300, 'other');
    other.features.categories[1]!.codes.fill(1);
    expect(model.predict(other.features).every((p) => p > 0 && p < 1)).toBe(true);
    expect(scoreOf(model, other)).toBeGreaterThan(0.7);
  });

  it.each([
    [{ width: 0 }, 'expected width to be a whole number from 1 to 4096, got 0'],
    [{ learningRate: Number.NaN }, 'expected learningRate'],
    [{ architecture: 'rnn' }, 'expected architecture to be mlp or resnet, got rnn'],
    [{ encoding: 'raw' }, 'expected encoding'],
    [{ batch: 1.5 }, 'expected batch'],
  ] as const)('refuses %j', async (configuration, message) => {
    await expect(fitted('binary', configuration)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('refuses features that never vary, a context without a backend, and an abort before it began', async () => {
    const rows = makeRows('binary', 50, 'train');
    const features = { ...rows.features, numbers: [rows.features.numbers[4]!], categories: [] };
    const run = (context: ReturnType<typeof fitContext>, own = rows) =>
      Promise.resolve().then(() => networkLearner.fit(own, short, problems.binary, context));
    await expect(run(fitContext(), { ...rows, features })).rejects.toMatchObject({ code: 'TRAIN_FAILED' });
    const { backend: _, ...without } = fitContext();
    await expect(run(without)).rejects.toMatchObject({ code: 'TRAIN_FAILED' });
    await expect(run(fitContext({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  });

  it('stops between steps when it is aborted', async () => {
    const controller = new AbortController();
    const context = fitContext({ signal: controller.signal, progress: () => controller.abort() });
    await expect(
      networkLearner.fit(makeRows('binary', 400, 'train'), { ...short, epochs: 1000 }, problems.binary, context),
    ).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  });
});

describe('a killed fit', () => {
  it.each([
    ['mlp', 0],
    ['resnet', 2],
    ['mlp', 7],
  ] as const)('of a %s goes on from its checkpoint %i and ends with the same bytes', async (architecture, at) => {
    const rows = makeRows('multiclass', 500, 'train');
    // Small steps of much counted work, so that there is a checkpoint within each epoch.
    const configuration = { ...short, architecture, epochs: 4, width: 64, batch: 16, dropout: 0.3 };
    const saved: Uint8Array[] = [];
    const place = (bytes: Uint8Array | undefined) => ({
      everyOperations: 1e6,
      load: async () => bytes,
      save: async (parts: Uint8Array | readonly Uint8Array[]) => {
        saved.push(parts instanceof Uint8Array ? parts : Buffer.concat(parts as Uint8Array[]));
      },
    });
    const run = (bytes?: Uint8Array) =>
      networkLearner.fit(
        rows,
        configuration,
        problems.multiclass,
        fitContext({ checkpoint: place(bytes), validation: rows }),
      );
    const whole = await run();
    expect(saved.length).toBeGreaterThan(8);
    const resumed = await run(saved[at]);
    expect(resumed.model.toState()).toEqual(whole.model.toState());
    expect(resumed.notes).toEqual(whole.notes);
    const ended = await run(saved.at(-1));
    expect(ended.model.toState()).toEqual(whole.model.toState());
  });
});

describe('what it proposes', () => {
  const facts: LearnerFacts = {
    ...problems.binary,
    rowCount: 5000,
    numberCount: 12,
    categorySizes: [7, 30],
    missingShare: 0.1,
  };

  it('can be fitted, and costs work', async () => {
    const space = networkLearner.space(facts);
    const sampled = sampleConfigurations(space, 12, createRandom(1));
    expect(sampled).toHaveLength(12);
    for (const configuration of sampled) {
      const whole = { ...networkLearner.defaults(facts), ...configuration, epochs: 1, batch: 128 };
      expect(networkLearner.cost(whole, facts)).toBeGreaterThan(1);
      const { model } = await fitted('binary', whole, 200);
      expect(model.predict(makeRows('binary', 5, 'x').features).every(Number.isFinite)).toBe(true);
    }
  });

  it('costs more for more rows, epochs, layers and width', () => {
    const defaults = networkLearner.defaults(facts);
    const cost = (change: Configuration, more: Partial<LearnerFacts> = {}) =>
      networkLearner.cost({ ...defaults, ...change }, { ...facts, ...more });
    const base = cost({});
    for (const other of [
      cost({ epochs: 100 }),
      cost({ depth: 4 }),
      cost({ width: 512 }),
      cost({ architecture: 'resnet' }),
      cost({}, { rowCount: 9000 }),
    ])
      expect(other).toBeGreaterThan(base);
  });

  it('gets smaller step by step, down to a narrow layer', () => {
    let configuration: Configuration = {
      architecture: 'resnet',
      encoding: 'piecewise',
      bins: 24,
      depth: 3,
      width: 192,
    };
    let { fileBytes } = networkLearner.footprint!(configuration, facts);
    for (let steps = 0; ; steps++) {
      const smaller = networkLearner.smaller!(configuration, facts);
      if (smaller === undefined) break;
      const next = networkLearner.footprint!(smaller, facts).fileBytes;
      expect(next).toBeLessThan(fileBytes);
      [configuration, fileBytes] = [smaller, next];
      expect(steps).toBeLessThan(30);
    }
    expect(configuration).toMatchObject({ architecture: 'resnet', width: 8, bins: 4, depth: 1 });
  });
});
