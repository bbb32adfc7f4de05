import { TrainerError } from '../../core/errors.ts';
import { errorText } from '../../core/helpers/error-text.ts';
import type { MetricFacts } from '../../core/metric-scope.ts';
import { metricIds, type TaskKind } from '../../core/task-spec.ts';
import type { OwnMetric } from './define-metric.ts';
import { type ConfusionScore, confusionMetric } from './label-metrics.ts';
import type { Evaluator, MetricDefinition, Prediction } from './metric.ts';

const taskKinds: readonly TaskKind[] = ['binary', 'multiclass', 'regression'];

/** A metric in the scope of a run: its facts, and what computes it where that is at hand. */
export interface ScopedMetric extends MetricFacts {
  readonly definition?: OwnMetric;
}

/**
 * Checks an own metric.
 *
 * @throws {TrainerError} PLUGIN_INVALID
 */
export function checkMetric(value: unknown, where: MetricFacts['where'], origin: string): ScopedMetric {
  const refuse = (what: string): never => {
    throw new TrainerError('PLUGIN_INVALID', `Expected ${origin} to be a metric of defineMetric, but ${what}.`);
  };
  if (typeof value !== 'object' || value === null) return refuse('it is no object');
  const metric = value as OwnMetric;
  const { name, title = wordsOf(name), about, greaterIsBetter, needs } = metric;
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
    return refuse('its name is not of letters, digits and _');
  if ((metricIds as readonly string[]).includes(name)) return refuse(`"${name}" is the name of a built-in metric`);
  if (typeof title !== 'string' || title.length === 0) return refuse(`the title of "${name}" is no text`);
  if (typeof about !== 'string' || about.length === 0) return refuse(`"${name}" does not say what it is about`);
  if (typeof greaterIsBetter !== 'boolean') return refuse(`greaterIsBetter of "${name}" is neither true nor false`);
  if (!['labels', 'probabilities', 'values'].includes(needs))
    return refuse(`"${name}" needs neither labels, nor probabilities, nor values`);
  if (typeof metric.value !== 'function') return refuse(`"${name}" has no function \`value\``);
  const tasks = metric.tasks ?? (needs === 'values' ? ['regression'] : ['binary', 'multiclass']);
  const fits = (task: TaskKind) => taskKinds.includes(task) && (task === 'regression') === (needs === 'values');
  if (!Array.isArray(tasks) || tasks.length === 0 || !tasks.every(fits))
    return refuse(`the tasks of "${name}" are not among those that have ${needs}`);
  return { name, title, about, greaterIsBetter, tasks: [...tasks], needs, where, definition: metric };
}

/** `profitPerCall` → `profit per call`. */
function wordsOf(name: unknown): string {
  return String(name)
    .replace(/_+/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}

/** Without what computes it. */
export function factsOfMetric({ definition: _, ...facts }: ScopedMetric): MetricFacts {
  return facts;
}

/**
 * An own metric as the built-in ones are defined.
 *
 * @throws {TrainerError} PLUGIN_INVALID where its definition is not at hand, or it throws or gives no number
 */
export function definitionOf(metric: ScopedMetric): Omit<MetricDefinition, 'id'> {
  const { definition, name, tasks, greaterIsBetter, needs, about } = metric;
  if (definition === undefined)
    throw new TrainerError(
      'PLUGIN_INVALID',
      `Expected the metric "${name}" to be given, got its name alone. Pass it as \`metrics\`.`,
      { details: { metric: name } },
    );
  const base = { tasks, greaterIsBetter, needs, about, undefinedReason: 'NO_VALUE' } as const;
  if (definition.needs === 'labels') {
    const score: ConfusionScore = (confusion, classCount) =>
      checked(name, () => definition.value({ confusion: confusion.slice(), classCount }));
    return { ...base, score, prepare: confusionMetric(score) };
  }
  return {
    ...base,
    prepare: (truth, prediction, weights) =>
      ofRows(truth, prediction, weights, (rows, given, its) =>
        checked(name, () => {
          const weighted = its === undefined ? {} : { weights: its };
          return definition.needs === 'values'
            ? definition.value({ truth: rows, values: given, ...weighted })
            : definition.value({
                truth: rows,
                probabilities: given,
                classCount: prediction.classCount,
                ...weighted,
              });
        }),
      ),
  };
}

/** Hands resamples over as rows, each as often as it was drawn: what knows no counts is computed on them as it is. */
function ofRows(
  truth: Float64Array,
  prediction: Prediction,
  weights: Float64Array | undefined,
  value: (truth: Float64Array, given: Float64Array, weights?: Float64Array) => number,
): Evaluator {
  const given = prediction.values ?? prediction.probabilities!;
  const width = given.length / truth.length;
  return (counts) => {
    if (counts === undefined) return value(truth.slice(), given.slice(), weights?.slice());
    const rows: number[] = [];
    counts.forEach((count, row) => {
      for (let i = 0; i < count; i++) rows.push(row);
    });
    const drawn = new Float64Array(rows.length * width);
    rows.forEach((row, at) => {
      for (let k = 0; k < width; k++) drawn[at * width + k] = given[row * width + k]!;
    });
    return value(
      Float64Array.from(rows, (row) => truth[row]!),
      drawn,
      weights && Float64Array.from(rows, (row) => weights[row]!),
    );
  };
}

function checked(name: string, value: () => number): number {
  const refuse = (what: string, cause?: unknown): never => {
    throw new TrainerError('PLUGIN_INVALID', `Expected the metric "${name}" to give a number, but ${what}.`, {
      cause,
      details: { metric: name },
    });
  };
  let result: unknown;
  try {
    result = value();
  } catch (cause) {
    return refuse(`it threw: ${errorText(cause)}`, cause);
  }
  if (typeof result !== 'number') return refuse(`it gave ${result instanceof Promise ? 'a promise' : typeof result}`);
  return result;
}
