import type { TaskKind } from '../../core/task-spec.ts';

/** Truth and predicted labels of some rows, counted. */
export interface CountedLabels {
  /**
   * Weighted counts, row-major [truth, predicted], classes in the order of the model's signature; of a binary task: true
   * negatives, false positives, false negatives, true positives.
   */
  readonly confusion: Float64Array;
  readonly classCount: number;
}

/** Probabilities of some rows beside their true classes. */
export interface JudgedProbabilities {
  /** Class index a row. */
  readonly truth: Float64Array;
  /** Of class 1 a row (binary), or row-major [rows, classCount]. */
  readonly probabilities: Float64Array;
  readonly classCount: number;
  /** A weight a row; absent where all count alike. */
  readonly weights?: Float64Array;
}

/** Predicted numbers of some rows beside the true ones. */
export interface JudgedValues {
  readonly truth: Float64Array;
  readonly values: Float64Array;
  /** A weight a row; absent where all count alike. */
  readonly weights?: Float64Array;
}

interface MetricAbout<Name extends string> {
  /** How requests and results name it: letters, digits and `_`, beginning with a letter. The prompt may say it too. */
  readonly name: Name;
  /** Its name for people. @default the name in words */
  readonly title?: string;
  /** One sentence for people and language models, with the unit. */
  readonly about: string;
  readonly greaterIsBetter: boolean;
  /** @default both kinds of classes, or `regression` for `values` */
  readonly tasks?: readonly TaskKind[];
}

/**
 * A host's own metric. `needs` says what `value` is called with. It gives NaN where it has no value (no rows of a class,
 * say), the same number for the same rows in any order, and looks at no clock and no chance: numbers are computed again.
 */
export type OwnMetric<Name extends string = string> =
  | (MetricAbout<Name> & { readonly needs: 'labels'; value(rows: CountedLabels): number })
  | (MetricAbout<Name> & { readonly needs: 'probabilities'; value(rows: JudgedProbabilities): number })
  | (MetricAbout<Name> & { readonly needs: 'values'; value(rows: JudgedValues): number });

/**
 * Declares a metric of the host's, as {@link OwnMetric} says. In a module of its own (default export;
 * `new Trainer({ metrics: [new URL('./profit.js', import.meta.url)] })`) it is computed in the child process; given as an
 * object it is computed on the host's thread, and everything that is scored by it with it.
 *
 * @example
 * const late = defineMetric({
 *   name: 'lateShare',
 *   about: 'Share of the deliveries that come more than a day later than promised.',
 *   greaterIsBetter: false,
 *   needs: 'values',
 *   value: ({ truth, values }) => truth.filter((days, row) => days > values[row]! + 1).length / truth.length,
 * });
 */
export function defineMetric<const Name extends string>(metric: OwnMetric<Name>): OwnMetric<Name> {
  return metric;
}

/** What right and wrong answers cost. */
export interface CostMetricOptions<Name extends string> extends MetricAbout<Name> {
  /**
   * Cost (or, where greater is better, gain) of a row by its true class, then by the predicted one, classes in the order of
   * the model's signature. Binary: `[[trueNegative, falsePositive], [falseNegative, truePositive]]`.
   */
  readonly costs: readonly (readonly number[])[];
}

/**
 * A metric that is the mean cost, or gain, of a row by a matrix.
 *
 * @example
 * // A call costs 5; a customer who is called and would have left brings 95.
 * const profit = costMetric({ name: 'profit', about: 'Earned a customer, in euros.', greaterIsBetter: true, costs: [[0, -5], [0, 95]] });
 */
export function costMetric<const Name extends string>({ costs, ...about }: CostMetricOptions<Name>): OwnMetric<Name> {
  return {
    ...about,
    needs: 'labels',
    value({ confusion, classCount }) {
      if (costs.length !== classCount || costs.some((row) => row.length !== classCount))
        throw new RangeError(
          `costs of ${classCount} × ${classCount} are needed, and ${costs.length} × ${costs[0]?.length ?? 0} were given`,
        );
      let sum = 0;
      let rows = 0;
      for (let truth = 0; truth < classCount; truth++) {
        for (let label = 0; label < classCount; label++) {
          const count = confusion[truth * classCount + label]!;
          rows += count;
          sum += count * costs[truth]![label]!;
        }
      }
      return sum / rows;
    },
  };
}
