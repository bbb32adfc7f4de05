import { setImmediate } from 'node:timers/promises';
import { TrainerError } from '../../../core/errors.ts';
import type { Random } from '../../../core/helpers/random.ts';
import type { Fit, FitContext, Problem, TrainingRows } from '../learner.ts';
import { breakBarrier, createBarrier } from './barrier.ts';
import { binFeatures } from './bin-features.ts';
import { BoostThread } from './boost-thread.ts';
import { ForestBuilder } from './forest.ts';
import { meanLoss, startOf } from './objectives.ts';
import type { TreesOptions } from './options.ts';
import { layOut, usefulThreads } from './plan.ts';
import { createThreadContext, type ThreadContext } from './thread-context.ts';
import { dropThreads, returnThreads, type ThreadJob, takeThreads } from './thread-pool.ts';
import { TreesModel } from './trees-model.ts';
import { returnWorkspace, takeWorkspace } from './workspace.ts';

/** For tests: which kernels, how many threads whatever the size, and how many leaves may hold histograms. */
export interface FitInternals {
  readonly kernels?: 'fastest' | 'javascript';
  readonly exactThreads?: number;
  readonly mostSlots?: number;
}

/** Milliseconds of work after which other tasks of this thread (an abort, a message) get their turn. */
const turnMs = 20;

/**
 * Histogram gradient boosting: Friedman, "Greedy function approximation" (2001), with second-order leaves (Chen and Guestrin,
 * XGBoost, 2016) grown best-first on binned features (Ke et al., LightGBM, 2017).
 *
 * @throws {TrainerError} RUN_ABORTED, DATA_TOO_WIDE
 */
export async function fitTrees(
  rows: TrainingRows,
  options: TreesOptions,
  problem: Problem,
  fitContext: FitContext,
  internals: FitInternals = {},
): Promise<Fit> {
  checkRows(rows);
  const validation = options.earlyStopping > 0 ? fitContext.validation : undefined;
  const classes = options.objective === 'softmax' ? problem.classCount : 1;
  const { features } = rows;
  const featureCount = features.numbers.length + features.categories.length;
  const start = startOf(rows, options, classes);
  const wanted = internals.exactThreads ?? usefulThreads(fitContext.threads, features.rowCount, featureCount);
  const helpers = wanted > 1 ? await takeThreads(Math.min(wanted, featureCount) - 1) : [];
  const plan = layOut({
    options,
    classes,
    rowCount: features.rowCount,
    validationCount: validation?.features.rowCount ?? 0,
    numberCount: features.numbers.length,
    categorySizes: features.categories.map(({ size }) => size),
    hasWeights: rows.weights !== undefined,
    gainFloor: start.gainFloor,
    threads: helpers.length + 1,
    ...(internals.mostSlots !== undefined && { mostSlots: internals.mostSlots }),
  });
  let isClean = false;
  let release = (): void => {};
  let words: Int32Array | undefined;
  try {
    const workspace = takeWorkspace(plan.bytes, internals.kernels ?? 'fastest');
    release = () => returnWorkspace(workspace);
    words = new Int32Array(workspace.buffer);
    const barrier = createBarrier(words, plan.at.barrier, plan.threads);
    const context = createThreadContext(plan, 0, workspace.kernels, barrier, workspace.buffer);
    writeInputs(context, rows, validation, start.base);
    helpers.forEach((worker, i) => {
      const { module, memory } = workspace;
      worker.postMessage({ plan, thread: i + 1, memory, ...(module && { module }) } satisfies ThreadJob);
    });
    binFeatures(context, { rows: features, ...(validation && { validation: validation.features }) });
    const fit = await boost(context, start.base, fitContext, validation);
    isClean = true;
    return fit;
  } finally {
    if (isClean) {
      release();
      returnThreads(helpers);
    } else {
      if (words !== undefined && helpers.length > 0) breakBarrier(words, plan.at.barrier);
      await dropThreads(helpers);
    }
  }
}

function checkRows({ features, target }: TrainingRows): void {
  const count = features.numbers.length + features.categories.length;
  if (features.rowCount === 0 || count === 0 || target.length !== features.rowCount) {
    throw new TrainerError(
      'TRAIN_FAILED',
      `Expected rows with features and a target a row, got ${features.rowCount} rows, ${count} features, ${target.length} targets. Give each row its features and its target.`,
    );
  }
}

function writeInputs(
  { plan, int32, uint8, float64 }: ThreadContext,
  rows: TrainingRows,
  validation: TrainingRows | undefined,
  base: Float64Array,
): void {
  const { at } = plan;
  int32[at.stop >>> 2] = 0;
  uint8.fill(1, at.drawn, at.drawn + plan.featureCount);
  float64.set(rows.target, at.targets >>> 3);
  if (validation !== undefined) float64.set(validation.target, (at.targets >>> 3) + plan.rowCount);
  if (rows.weights !== undefined) float64.set(rows.weights, at.weights >>> 3);
  for (let k = 0; k < plan.classes; k++) {
    const column = (at.scores + k * at.columnBytes) >>> 3;
    float64.fill(base[k]!, column, column + plan.allRows + 2);
  }
}

/** Runs the rounds; between them it draws samples, watches the validation loss and the signal, and lets others work. */
async function boost(
  context: ThreadContext,
  base: Float64Array,
  { random, signal, progress }: FitContext,
  validation: TrainingRows | undefined,
): Promise<Fit> {
  const { plan, int32, float64 } = context;
  const { options, at, classes } = plan;
  const thread = new BoostThread(context);
  const trees = new ForestBuilder(context);
  const treesAfter: number[] = [];
  const isSampled = plan.bagCount < plan.rowCount || options.columnShare < 1;
  const column = at.columnBytes >>> 3;
  const score = (row: number, k: number): number => float64[(at.scores >>> 3) + k * column + plan.rowCount + row]!;
  let bestLoss = validation === undefined ? Number.NaN : meanLoss(options, classes, validation, score);
  let bestIteration = 0;
  let isAborted = false;
  let turn = performance.now();
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    if (performance.now() - turn > turnMs) {
      await setImmediate();
      turn = performance.now();
    }
    isAborted = signal?.aborted ?? false;
    if (isAborted) break;
    if (isSampled) draw(context, random.fork(`round ${iteration}`));
    const before = trees.size;
    thread.round((classIndex, values) => trees.add(classIndex, thread.grower.splits, values));
    treesAfter.push(trees.size);
    progress?.((iteration + 1) / options.iterations);
    if (validation !== undefined) {
      const loss = meanLoss(options, classes, validation, score);
      if (loss < bestLoss) {
        bestLoss = loss;
        bestIteration = iteration + 1;
      } else if (iteration + 1 - bestIteration >= options.earlyStopping) break;
    }
    // Without sampling, the next round would fail to split in the same way.
    if (trees.size === before && !isSampled) break;
  }
  int32[at.stop >>> 2] = 1;
  thread.round();
  if (isAborted)
    throw new TrainerError('RUN_ABORTED', 'Fitting boosted trees was aborted through its signal.', {
      cause: signal?.reason,
    });

  const iterations = validation === undefined ? treesAfter.length : bestIteration;
  const forest = trees.build(base, iterations === 0 ? 0 : treesAfter[iterations - 1]!);
  const notes: Record<string, number> = { iterations: treesAfter.length, trees: forest.treeClass.length };
  if (validation !== undefined) notes.validationLoss = bestLoss;
  return { model: new TreesModel(forest, options.objective), bestIteration: iterations, notes };
}

/** Draws the rows and the features of a round, in shared memory, before the other threads look. */
function draw({ plan, int32, uint8 }: ThreadContext, random: Random): void {
  const { at, rowCount, allRows, bagCount } = plan;
  if (bagCount < rowCount) {
    const bag = int32.subarray(at.bag >>> 2, (at.bag >>> 2) + allRows);
    let drawn = 0;
    let left = bagCount;
    // Selection sampling (Knuth, volume 2, algorithm S): exactly `bagCount` rows, in order.
    for (let row = 0; row < rowCount; row++) {
      if (random.next() * (rowCount - row) < bagCount - drawn) bag[drawn++] = row;
      else bag[left++] = row;
    }
    for (let row = rowCount; row < allRows; row++) bag[row] = row;
  }
  const features = plan.featureCount;
  const count = Math.max(1, Math.round(features * plan.options.columnShare));
  if (count < features) {
    let drawn = 0;
    for (let feature = 0; feature < features; feature++) {
      const isDrawn = random.next() * (features - feature) < count - drawn;
      uint8[at.drawn + feature] = isDrawn ? 1 : 0;
      if (isDrawn) drawn++;
    }
  }
}
