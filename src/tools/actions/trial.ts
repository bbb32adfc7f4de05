import { TrainerError } from '../../core/errors.ts';
import { encodeArrays } from '../../core/helpers/encode-arrays.ts';
import { createRandom } from '../../core/helpers/random.ts';
import { searchMetric } from '../../core/search-metric.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { sampleRows } from '../data/reduce/sample-rows.ts';
import { foldRows } from '../data/split/folds.ts';
import { metricOf } from '../evaluate/metrics.ts';
import { searchScore } from '../evaluate/search-score.ts';
import type { Configuration, TrainingRows } from '../learn/learner.ts';
import { writeModel } from '../learn/model-blob.ts';
import { selectFeatures } from '../learn/select-features.ts';
import { factsOf, readTrainingSet, type TrainingSet, takeRowsOf } from '../learn/training-set.ts';
import { defineAction } from './action.ts';

export interface TrialInput {
  /** For the record: which trial of the search this is, and its rung; absent for fits beside the search. */
  readonly trial?: { readonly index: number; readonly rung: number };
  /** Blob of the training set. */
  readonly set: string;
  readonly learner: string;
  readonly configuration: Configuration;
  /** Share of the iterations to run. */
  readonly iterationShare: number;
  /** Iterations to run instead of stopping early. */
  readonly iterations?: number;
  readonly fits: readonly { readonly repeat: number; readonly fold: number }[];
  readonly metric: MetricId;
  /** Rows that each fit learns from at most, drawn by chance within the classes. @default all */
  readonly learnRows?: number;
  /** Numbers of the features that are kept. @default all */
  readonly features?: readonly number[];
  readonly seed: string;
  /** Whether the fitted models are kept. @default false */
  readonly keepModels?: boolean;
}

export interface TrialOutput {
  /** Greater is better, a fit; absent where a fit failed. */
  readonly scores?: readonly number[];
  /** Log loss a fit, where the metric counts labels: it tells candidates apart that the metric finds equal. */
  readonly logLosses?: readonly number[];
  /** Why it failed. */
  readonly failed?: string;
  /** Blob of the predictions on the validation rows, an array a fit. */
  readonly predictions?: string;
  /** Blobs of the fitted models, one a fit, where they are kept. */
  readonly models?: readonly string[];
  /** The iteration that early stopping chose, a fit; empty for learners without iterations. */
  readonly iterations: readonly number[];
  readonly workUnits: number;
  readonly notes: readonly Readonly<Record<string, number | string | boolean>>[];
}

/** Fits one configuration on some folds and scores it on the rows left out. */
export const trial = defineAction<TrialInput, TrialOutput>({
  name: 'trial',
  async run(input, context) {
    const set = await readTrainingSet(input.set, context);
    const learner = await context.learner(input.learner);
    const whole =
      input.iterations === undefined || learner.iterationKey === undefined
        ? input.configuration
        : { ...input.configuration, [learner.iterationKey]: input.iterations };
    const configuration = cutIterations(whole, learner.iterationKey, input.iterationShare);
    const scores: number[] = [];
    const logLosses: number[] = [];
    const countsLabels = metricOf(searchMetric(input.metric, set.problem.task)).needs === 'labels';
    const iterations: number[] = [];
    const notes: TrialOutput['notes'][number][] = [];
    const arrays: Record<string, Float64Array> = {};
    const models: string[] = [];
    let workUnits = 0;
    for (const [index, { repeat, fold }] of input.fits.entries()) {
      const rows = await context.cached(`fold ${input.set} ${repeat} ${fold} ${input.learnRows}`, async () => {
        const { train, validation } = foldRows(set.folds, repeat, fold);
        const learned =
          input.learnRows === undefined ? train : sampleOf(set, train, input.learnRows, `${repeat}/${fold}`);
        // Early stopping looks at its rows after every iteration: where learning is on a sample, so is looking.
        const watched =
          input.learnRows === undefined
            ? validation
            : sampleOf(set, validation, input.learnRows, `${repeat}/${fold}/watched`);
        return {
          train: takeRowsOf(set, learned),
          validation: takeRowsOf(set, validation),
          watched: takeRowsOf(set, watched),
        };
      });
      try {
        const kept = (part: TrainingRows): TrainingRows => ({
          ...part,
          features: selectFeatures(part.features, input.features),
        });
        const [train, validation, watched] = [kept(rows.train), kept(rows.validation), kept(rows.watched)];
        const fit = await learner.fit(train, configuration, set.problem, {
          random: createRandom(`${input.seed}/${repeat}/${fold}`),
          threads: context.cores,
          backend: context.trainingBackend,
          ...(context.signal === undefined ? {} : { signal: context.signal }),
          progress: (share) => context.progress((index + share) / input.fits.length),
          checkpoint: context.checkpoint({ ...input, fit: index }),
          ...(input.iterations === undefined ? { validation: watched } : {}),
        });
        const predicted = fit.model.predict(validation.features);
        const score = searchScore(input.metric, set.problem, validation, predicted);
        if (!Number.isFinite(score)) {
          const failed = `${input.metric} has no value on the validation rows of fold ${fold + 1}`;
          return { failed, iterations: [], workUnits, notes };
        }
        scores.push(score);
        if (countsLabels) logLosses.push(-searchScore('logLoss', set.problem, validation, predicted));
        arrays[`fit${repeat}-${fold}`] = predicted;
        if (input.keepModels === true) models.push(await writeModel(fit.model, context.blobs));
        if (fit.bestIteration !== undefined) iterations.push(fit.bestIteration);
        notes.push(fit.notes);
        const key = learner.iterationKey;
        const run = fit.notes.iterations;
        // Early stopping ends a fit before its budget: only what ran is counted.
        const asRun =
          key !== undefined && typeof run === 'number' ? { ...configuration, [key]: Math.max(1, run) } : configuration;
        workUnits += learner.cost(asRun, factsOf(set, rows.train.features.rowCount));
      } catch (error) {
        // A metric that fails does so for every configuration.
        if (TrainerError.isInstance(error) && (error.code === 'INTERNAL' || 'metric' in error.details)) throw error;
        return { failed: error instanceof Error ? error.message : String(error), iterations: [], workUnits, notes };
      }
      context.progress((index + 1) / input.fits.length);
    }
    const predictions = await context.blobs.put(encodeArrays({}, arrays));
    await Promise.all(input.fits.map((_, index) => context.checkpoint({ ...input, fit: index }).remove()));
    return {
      scores,
      ...(countsLabels ? { logLosses } : {}),
      predictions,
      ...(input.keepModels === true ? { models } : {}),
      iterations,
      workUnits,
      notes,
    };
  },
});

/** A sample of rows, within the classes. */
function sampleOf(set: TrainingSet, rows: Uint32Array, size: number, seed: string): Uint32Array {
  const strata = Int32Array.from(rows, (row) => (set.problem.classCount > 0 ? set.target[row]! : 0));
  const sample = sampleRows({
    rowCount: rows.length,
    size,
    strata,
    stratumCount: Math.max(1, set.problem.classCount),
    seed,
  });
  return Uint32Array.from(sample.rows, (position) => rows[position]!);
}

function cutIterations(configuration: Configuration, key: string | undefined, share: number): Configuration {
  const iterations = key === undefined ? undefined : configuration[key];
  if (share >= 1 || typeof iterations !== 'number') return configuration;
  return { ...configuration, [key!]: Math.max(1, Math.round(iterations * share)) };
}
