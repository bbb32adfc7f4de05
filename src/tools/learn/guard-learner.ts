import { TrainerError } from '../../core/errors.ts';
import { errorText } from '../../core/helpers/error-text.ts';
import type { Features, Fit, FittedModel, Footprint, Learner, Problem } from './learner.ts';

/**
 * A learner of the host whose slips are told as its own: what it throws and what does not keep the contract become
 * PLUGIN_INVALID with its name, before a number of it reaches a score.
 */
export function guardLearner(learner: Learner): Learner {
  const broken = (what: string, got: string, cause?: unknown) =>
    new TrainerError('PLUGIN_INVALID', `Expected ${what.replace('%', `learner "${learner.name}"`)}, got ${got}.`, {
      details: { learner: learner.name },
      ...(cause === undefined ? {} : { cause }),
    });
  const tried = <T>(what: string, work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw broken(`${what} of %`, `an error: ${errorText(cause)}`, cause);
    }
  };
  const guardModel = (value: FittedModel | undefined, outputs?: number): FittedModel => {
    const methods = ['predict', 'toGraph', 'toState', 'importance'] as const;
    const missing =
      typeof value !== 'object' || value === null
        ? methods
        : methods.filter((method) => typeof value[method] !== 'function');
    if (missing.length > 0) throw broken('a fitted model of %', `one without ${missing.join(', ')}`);
    const model = value as FittedModel;
    if (outputs !== undefined && model.outputCount !== outputs)
      throw broken(`a model of ${outputs} outputs of %`, `one of ${String(model.outputCount)}`);
    return {
      learner: model.learner,
      outputCount: model.outputCount,
      operationsPerRow: model.operationsPerRow,
      predict: (features: Features) => checkPrediction(model.predict(features), features.rowCount * model.outputCount),
      toGraph: (graph, inputs) => model.toGraph(graph, inputs),
      toState: () => model.toState(),
      importance: () => model.importance(),
      ...(typeof model.shifted === 'function'
        ? { shifted: (by) => guardModel(model.shifted!(by), model.outputCount) }
        : {}),
    };
  };
  const checkPrediction = (values: Float64Array, length: number): Float64Array => {
    if (!(values instanceof Float64Array) || values.length !== length)
      throw broken(`${length} predicted numbers of %`, String((values as { length?: number } | undefined)?.length));
    let wrong = 0;
    for (const value of values) if (!Number.isFinite(value)) wrong++;
    if (wrong > 0) throw broken('finite predictions of %', `${wrong} of ${length} that are not`);
    return values;
  };
  const checkFootprint = (footprint: Footprint): Footprint => {
    for (const [what, value] of Object.entries(footprint))
      if (!(Number.isFinite(value) && value >= 0))
        throw broken(`${what} of the footprint of % to be a number from 0`, String(value));
    return footprint;
  };
  return {
    name: learner.name,
    about: String(learner.about ?? ''),
    tasks: learner.tasks,
    ...(learner.iterationKey === undefined ? {} : { iterationKey: learner.iterationKey }),
    ...(learner.trainsOnBackend === undefined ? {} : { trainsOnBackend: learner.trainsOnBackend }),
    defaults: (facts) => tried('defaults', () => learner.defaults(facts)),
    space: (facts) => tried('the space', () => learner.space(facts)),
    cost(configuration, facts) {
      const cost = tried('the cost', () => learner.cost(configuration, facts));
      if (!(Number.isFinite(cost) && cost > 0)) throw broken('a positive cost of %', String(cost));
      return cost;
    },
    ...(learner.footprint === undefined
      ? {}
      : {
          footprint: (configuration, facts) =>
            checkFootprint(tried('the footprint', () => learner.footprint!(configuration, facts))),
        }),
    ...(learner.smaller === undefined
      ? {}
      : {
          smaller: (configuration, facts) =>
            tried('a smaller configuration', () => learner.smaller!(configuration, facts)),
        }),
    async fit(rows, configuration, problem, context) {
      const fit = (await learner.fit(rows, configuration, problem, context)) as Partial<Fit> | undefined;
      return { ...fit, model: guardModel(fit?.model, outputsOf(problem)), notes: fit?.notes ?? {} };
    },
    revive: (state) => guardModel(tried('revive', () => learner.revive(state))),
  };
}

function outputsOf({ task, classCount }: Problem): number {
  return task === 'multiclass' ? classCount : 1;
}
