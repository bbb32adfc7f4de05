import type { Training } from '../../../backends/backend.ts';
import { TrainerError } from '../../../core/errors.ts';
import type { Fit, FitContext, Problem, TrainingRows } from '../learner.ts';
import { inputWidth, networkOf, stagesOf } from './architecture.ts';
import { operationsPerStep } from './cost.ts';
import { type Encoding, encode, layoutOf, learnEncoding } from './encoding.ts';
import { createNetworkModel } from './network-model.ts';
import type { NetworkOptions } from './options.ts';
import type { DenseStage, Stage } from './stages.ts';
import { trainNetwork } from './train-network.ts';
import { pickRows, splitInner, standardOf, trainingData, weightUnitOf } from './training-rows.ts';

/** Numbers that the encoded rows of a fit may have: 256 MB. */
const mostEncoded = 64e6;

/** Bins a number, so that the encoded rows stay within bounds. */
function affordableBins({ bins }: NetworkOptions, { features }: TrainingRows): number {
  const cells = features.rowCount * Math.max(1, features.numbers.length);
  return Math.max(2, Math.min(bins, Math.floor(mostEncoded / cells)));
}

/**
 * Fits a network. Where the context has validation rows it stops early, on rows of its own that it keeps aside from the fit's, so
 * that the score on the validation rows stays honest; else it trains for all its epochs on all rows.
 *
 * @throws {TrainerError} TRAIN_FAILED, TRAIN_DIVERGED, PEER_MISSING, RUN_ABORTED
 */
export async function fitNetwork(
  rows: TrainingRows,
  options: NetworkOptions,
  problem: Problem,
  context: FitContext,
): Promise<Fit> {
  if (context.signal?.aborted)
    throw new TrainerError('RUN_ABORTED', 'The fit was aborted through its signal before it began.');
  if (context.backend === undefined) {
    throw new TrainerError(
      'TRAIN_FAILED',
      'Network learner: expected a backend to train on, got none. Install one (npm i onnxruntime-node --ignore-scripts), or take another learner.',
    );
  }
  const seed = String(context.random.integer(2_147_483_648));
  const encoding = learnEncoding(rows.features, { ...options, bins: affordableBins(options, rows) });
  if (inputWidth(encoding) === 0) {
    throw new TrainerError(
      'TRAIN_FAILED',
      'Network learner: expected a feature that varies, got constants alone. Add columns whose values differ.',
    );
  }
  const isWeighted = problem.classCount === 0 && rows.weights !== undefined;
  const spec = networkOf(options, { encoding, problem, isWeighted });
  const standard = standardOf(rows, problem);
  const weightUnit = weightUnitOf(rows, problem);
  const inner = context.validation === undefined ? undefined : splitInner(rows, problem, context.random.fork('held'));
  const isHeld = inner !== undefined && inner.held.length > 0;
  const learned = isHeld ? pickRows(rows, inner.learned) : rows;
  const data = (part: TrainingRows) => trainingData(part, encoding, problem, standard, weightUnit);
  const backend = await context.backend();
  const training: Training = {
    loss: { kind: problem.classCount === 0 ? 'mean-squared-error' : 'cross-entropy' },
    optimiser: { kind: 'adamw', learningRate: options.learningRate, weightDecay: options.weightDecay },
    clipNorm: 5,
    seed,
    // One thread, so that the bits do not depend on how an operator is cut into parts.
    threads: 1,
    onDivergence: 'retreat',
  };
  const abort = context.signal === undefined ? {} : { signal: context.signal };
  await using network = await backend.compile(spec, training, abort);
  const trained = await trainNetwork(
    network,
    data(learned),
    learned.features.rowCount,
    isHeld ? data(pickRows(rows, inner.held)) : undefined,
    {
      ...options,
      seed,
      operationsPerStep: operationsPerStep(options, encoding, problem),
      signal: context.signal,
      checkpoint: context.checkpoint,
      progress: context.progress,
    },
  );
  const stages = stagesOf(options, trained.state);
  const table = tableOf(trained.state['embedding/weight']?.data as Float32Array | undefined, learned, encoding);
  const model = createNetworkModel({
    task: problem.task,
    encoding,
    table,
    stages: problem.task === 'binary' ? oneLogit(stages) : stages,
    ...standard,
    importance: importance(stages[0]!, table, learned, encoding),
  });
  return {
    model,
    bestIteration: trained.bestEpoch,
    notes: {
      iterations: trained.epochs,
      bestEpoch: trained.bestEpoch,
      ...(trained.heldLoss === undefined ? {} : { heldLoss: trained.heldLoss }),
      heldRows: isHeld ? inner.held.length : 0,
      retreats: trained.retreats,
      inputs: inputWidth(encoding),
    },
  };
}

/** The difference of two logits as one: what the sigmoid takes. */
function oneLogit(stages: readonly Stage[]): Stage[] {
  const { weight, bias, relu } = stages.at(-1) as DenseStage;
  const difference = (pairs: Float32Array) =>
    Float32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + 1]! - pairs[2 * i]!);
  return [...stages.slice(0, -1), { kind: 'dense', weight: difference(weight), bias: difference(bias), relu }];
}

/** The trained embeddings; values that no row had get the mean of those that rows had, by their counts. */
function tableOf(trained: Float32Array | undefined, rows: TrainingRows, encoding: Encoding): Float32Array {
  if (trained === undefined) return new Float32Array(0);
  const { offsets, entries } = layoutOf(encoding);
  const table = trained.slice();
  const width = table.length / entries;
  for (const [f, size] of encoding.sizes.entries()) {
    const counts = new Int32Array(size);
    for (const code of rows.features.categories[f]!.codes) counts[code]!++;
    const mean = new Float64Array(width);
    for (let code = 0; code < size; code++) {
      const share = counts[code]! / rows.features.rowCount;
      for (let j = 0; j < width; j++) mean[j]! += share * trained[(offsets[f]! + code) * width + j]!;
    }
    for (let code = 0; code < size; code++) {
      if (counts[code] === 0) table.set(mean, (offsets[f]! + code) * width);
    }
  }
  return table;
}

/** Rows that importances are counted on. */
const countedRows = 2000;

/** Σ |weight in the first layer| × deviation over the inputs of a feature, as shares. */
function importance(first: Stage, table: Float32Array, rows: TrainingRows, encoding: Encoding): Float64Array {
  const { weight, bias } = first as DenseStage;
  const { starts, widths, missing, numberWidth, entries } = layoutOf(encoding);
  const end = Math.min(countedRows, rows.features.rowCount);
  const encoded = encode(encoding, rows.features, Float64Array, 0, end);
  const reach = (input: number, valueAt: (row: number) => number): number => {
    let [sum, squares, size] = [0, 0, 0];
    for (let row = 0; row < end; row++) {
      sum += valueAt(row);
      squares += valueAt(row) * valueAt(row);
    }
    for (let k = 0; k < bias.length; k++) size += Math.abs(weight[input * bias.length + k]!);
    return size * Math.sqrt(Math.max(0, squares / end - (sum / end) * (sum / end)));
  };
  const ofNumber = (input: number) => reach(input, (row) => encoded.numbers[row * numberWidth + input]!);
  const count = encoding.sizes.length;
  const width = count === 0 ? 0 : table.length / entries;
  const ofCategory = (f: number, j: number) =>
    reach(numberWidth + f * width + j, (row) => table[encoded.entries[row * count + f]! * width + j]!);
  const out = new Float64Array(encoding.numbers.length + count);
  for (const f of encoding.numbers.keys()) {
    for (let k = 0; k < widths[f]!; k++) out[f]! += ofNumber(starts[f]! + k);
    if (missing[f]! >= 0) out[f]! += ofNumber(missing[f]!);
  }
  for (let f = 0; f < count; f++) {
    for (let j = 0; j < width; j++) out[encoding.numbers.length + f]! += ofCategory(f, j);
  }
  const total = out.reduce((a, b) => a + b, 0);
  return total > 0 ? out.map((value) => value / total) : out;
}
