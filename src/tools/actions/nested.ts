import { type BlobArray, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import { createRandom } from '../../core/helpers/random.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { foldRows, nestedFolds } from '../data/split/folds.ts';
import { chooseDecision } from '../evaluate/choose-decision.ts';
import { applyDecision } from '../evaluate/decision.ts';
import type { Prediction } from '../evaluate/metric.ts';
import { searchScore, toPrediction } from '../evaluate/search-score.ts';
import type { Configuration, TrainingRows } from '../learn/learner.ts';
import { factsOf, readTrainingSet, takeRowsOf } from '../learn/training-set.ts';
import { defineAction } from './action.ts';
import { type FoldScore, foldScores } from './fold-scores.ts';
import { decodeFolds } from './split.ts';

export interface NestedInput {
  readonly set: string;
  readonly folds: string;
  readonly candidates: readonly {
    readonly learner: string;
    readonly configuration: Configuration;
    readonly iterations?: number;
  }[];
  readonly metrics: readonly MetricId[];
  readonly seed: number;
}

export interface NestedOutput {
  readonly scores: readonly FoldScore[];
  readonly baseline: readonly FoldScore[];
  readonly workUnits: number;
  /** Blob of what was predicted in each outer fold, from which the scores can be computed again. */
  readonly outOfFold: string;
}

/**
 * Nested cross-validation: in each outer fold the candidate (and the decision rule) is chosen by inner folds alone, so that
 * the outer rows judge a choice that never saw them. For data too few for a vault.
 *
 * Cawley and Talbot, "On over-fitting in model selection", 2010.
 */
export const nested = defineAction<NestedInput, NestedOutput>({
  name: 'nested',
  async run(input, context) {
    const set = await readTrainingSet(input.set, context);
    const { folds, input: foldsInput } = decodeFolds(await context.blobs.get(input.folds));
    const { problem } = set;
    const [main] = input.metrics;
    const arrays: Record<string, BlobArray> = {};
    let workUnits = 0;
    const fitOn = async (index: number, rows: TrainingRows, seed: string) => {
      const { learner: name, configuration, iterations } = input.candidates[index]!;
      const learner = await context.learner(name);
      const whole =
        iterations === undefined || learner.iterationKey === undefined
          ? configuration
          : { ...configuration, [learner.iterationKey]: iterations };
      workUnits += learner.cost(whole, factsOf(set, rows.features.rowCount));
      const { cores: threads, backend } = context;
      return (await learner.fit(rows, whole, problem, { random: createRandom(seed), threads, backend })).model;
    };
    for (let repeat = 0; repeat < folds.repeats; repeat++) {
      for (let fold = 0; fold < folds.count; fold++) {
        const outer = nestedFolds(foldsInput, folds, repeat, fold);
        const train = takeRowsOf(set, outer.train);
        const held = takeRowsOf(set, outer.validation);
        const seed = `${input.seed}/nested/${repeat}/${fold}`;
        let best = 0;
        let bestScore = Number.NEGATIVE_INFINITY;
        let bestOut: { truth: number[]; predictions: number[] } = { truth: [], predictions: [] };
        for (let index = 0; index < input.candidates.length; index++) {
          const out = { truth: [] as number[], predictions: [] as number[] };
          let sum = 0;
          for (let inner = 0; inner < outer.inner.count; inner++) {
            const rows = foldRows(outer.inner, 0, inner);
            const validation = takeRowsOf(train, rows.validation);
            const model = await fitOn(index, takeRowsOf(train, rows.train), `${seed}/${inner}`);
            const predicted = model.predict(validation.features);
            sum += searchScore(main!, problem, validation, predicted);
            out.truth.push(...validation.target);
            out.predictions.push(...predicted);
          }
          if (sum > bestScore) {
            bestScore = sum;
            best = index;
            bestOut = out;
          }
        }
        const predicted = (await fitOn(best, train, seed)).predict(held.features);
        let prediction: Prediction = toPrediction(problem, predicted);
        if (problem.task !== 'regression') {
          const rule = chooseDecision(
            {
              truth: Float64Array.from(bestOut.truth),
              probabilities: Float64Array.from(bestOut.predictions),
              classCount: problem.classCount,
            },
            { metric: main!, seed },
          );
          prediction = { ...prediction, labels: applyDecision(rule, predicted) };
        }
        const baseline = await context.learner('baseline');
        const base = await baseline.fit(train, {}, problem, { random: createRandom(seed), threads: 1 });
        const name = `${repeat}-${fold}`;
        arrays[`truth${name}`] = held.target;
        if (held.weights !== undefined) arrays[`weights${name}`] = held.weights;
        keep(arrays, `model-${name}`, prediction);
        keep(arrays, `baseline-${name}`, toPrediction(problem, base.model.predict(held.features)));
        context.progress((repeat * folds.count + fold + 1) / (folds.repeats * folds.count));
      }
    }
    const shape = { classCount: problem.classCount, folds: folds.count, repeats: folds.repeats };
    return {
      ...nestedScores({ json: shape, arrays }, input.metrics),
      workUnits,
      outOfFold: await context.blobs.put(encodeArrays(shape, arrays)),
    };
  },
});

/** The scores of the outer folds, from what was predicted in them. */
export function nestedScores(
  { json, arrays }: { readonly json: unknown; readonly arrays: Readonly<Record<string, BlobArray>> },
  wanted: readonly MetricId[],
): Pick<NestedOutput, 'scores' | 'baseline'> {
  const { classCount, folds, repeats } = json as { classCount: number; folds: number; repeats: number };
  const of = (who: string): readonly FoldScore[] =>
    foldScores(wanted, { folds, repeats }, (fit) => {
      const name = `${Math.floor(fit / folds)}-${fit % folds}`;
      return {
        truth: arrays[`truth${name}`] as Float64Array,
        prediction: kept(arrays, `${who}-${name}`, classCount),
        weights: arrays[`weights${name}`] as Float64Array | undefined,
      };
    });
  return { scores: of('model'), baseline: of('baseline') };
}

function keep(arrays: Record<string, BlobArray>, name: string, { probabilities, labels, values }: Prediction): void {
  if (probabilities !== undefined) arrays[`${name}-probabilities`] = probabilities;
  if (labels !== undefined) arrays[`${name}-labels`] = labels;
  if (values !== undefined) arrays[`${name}-values`] = values;
}

function kept(arrays: Readonly<Record<string, BlobArray>>, name: string, classCount: number): Prediction {
  const probabilities = arrays[`${name}-probabilities`] as Float64Array | undefined;
  const labels = arrays[`${name}-labels`] as Int32Array | undefined;
  const values = arrays[`${name}-values`] as Float64Array | undefined;
  return { classCount, ...(probabilities && { probabilities }), ...(labels && { labels }), ...(values && { values }) };
}
