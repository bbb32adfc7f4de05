import { createRandom } from '../../core/helpers/random.ts';
import type { Configuration } from '../learn/learner.ts';
import { writeModel } from '../learn/model-blob.ts';
import { selectFeatures } from '../learn/select-features.ts';
import { factsOf, readTrainingSet } from '../learn/training-set.ts';
import { defineAction } from './action.ts';

export interface RefitInput {
  readonly set: string;
  readonly learner: string;
  readonly configuration: Configuration;
  /** Iterations to run instead of stopping early. */
  readonly iterations?: number;
  /** Numbers of the features that are kept. @default all */
  readonly features?: readonly number[];
  readonly seed: string;
}

export interface RefitOutput {
  /** Blob of the fitted model. */
  readonly model: string;
  /** Size of the fitted model, before it becomes a graph. */
  readonly sizeBytes: number;
  /** Counted operations to predict one row. */
  readonly operationsPerRow: number;
  readonly workUnits: number;
  readonly notes: Readonly<Record<string, number | string | boolean>>;
  /** A number a feature of the whole set, summing to 1 or all 0. */
  readonly importance: readonly number[];
}

/** Fits one configuration on all rows outside the vault. */
export const refit = defineAction<RefitInput, RefitOutput>({
  name: 'refit',
  async run(input, context) {
    const whole = await readTrainingSet(input.set, context);
    const learner = await context.learner(input.learner);
    const set = { ...whole, features: selectFeatures(whole.features, input.features) };
    const configuration =
      input.iterations === undefined || learner.iterationKey === undefined
        ? input.configuration
        : { ...input.configuration, [learner.iterationKey]: input.iterations };
    const checkpoint = context.checkpoint({ ...input });
    const fit = await learner.fit(set, configuration, set.problem, {
      random: createRandom(input.seed),
      threads: context.cores,
      backend: context.trainingBackend,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      checkpoint,
      progress: (share) => context.progress(share),
    });
    const own = fit.model.importance();
    const importance = Array.from(
      { length: whole.features.numbers.length + whole.features.categories.length },
      () => 0,
    );
    (input.features ?? importance.map((_, i) => i)).forEach((feature, i) => {
      importance[feature] = own[i] ?? 0;
    });
    const model = await writeModel(fit.model, context.blobs);
    await checkpoint.remove();
    return {
      model,
      sizeBytes: (await context.blobs.get(model)).length,
      operationsPerRow: fit.model.operationsPerRow,
      workUnits: learner.cost(configuration, factsOf(set)),
      notes: fit.notes,
      importance,
    };
  },
});
