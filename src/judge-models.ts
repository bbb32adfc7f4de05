import type { DataSource, ReadingOptions } from './core/request.ts';
import type { BuiltInMetric } from './core/task-spec.ts';
import type { JudgeOptions } from './tools/actions/judge.ts';
import type { Model } from './tools/artefact/model.ts';
import type { ModelMapping } from './tools/artefact/model-mapping.ts';
import type { OwnMetric } from './tools/evaluate/define-metric.ts';
import type { Evaluation, ModelComparison } from './tools/report/judged.ts';

/** A model to judge: a file by path or URL, its bytes, a loaded model, or any of these with a mapping. */
export type ModelSource =
  | string
  | URL
  | Uint8Array
  | Model
  | { readonly model: string | URL | Uint8Array; readonly mapping: ModelMapping };

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends Omit<JudgeOptions, 'metrics'> {
  /**
   * Metrics in the order of their weight. An own one is a module URL, or a metric of `defineMetric` itself: then everything
   * runs on the host's thread, the model too. @default those of the task that the model's outputs allow
   */
  readonly metrics?: readonly (BuiltInMetric | OwnMetric | URL)[];
  /** How text files are read. */
  readonly reading?: ReadingOptions;
  /** Threads. @default all cores */
  readonly cores?: number;
  readonly signal?: AbortSignal;
}

/** Options of {@link compare}. */
export interface CompareOptions extends EvaluateOptions {
  /**
   * How much worse the second model may be in the first metric, in its unit. With it, the second passes only where the whole
   * interval of its gain lies above `-margin`; without, it fails only where the whole interval lies below 0.
   */
  readonly margin?: number;
}

/**
 * Measures a model on labelled rows that it did not learn from: each metric with its interval. Any ONNX file: one of ours by
 * its signature, any other by a mapping. It is checked, and runs in a process of its own.
 *
 * @throws {TrainerError} REQUEST_INVALID, MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE, RECORD_INVALID,
 *   COLUMN_UNKNOWN, DATA_NOT_FOUND, DATA_EMPTY, RUN_CHILD_FAILED, RUN_ABORTED, PEER_MISSING
 * @example
 * const { scores, text } = await evaluate('churn.onnx', 'march.csv');
 */
export async function evaluate(
  model: ModelSource,
  data: DataSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  return (await import('./evaluate-model.ts')).evaluate(model, data, options);
}

/**
 * Compares two models on the same labelled rows: each metric of both with its interval, the gain of the second with a paired
 * interval, and a paired test (McNemar's for labels, Wilcoxon's for numbers). A gate for a host's own CI: `isWorse`.
 *
 * @throws {TrainerError} as {@link evaluate}; REQUEST_INVALID where both do not predict the same
 * @example
 * const { isWorse, text } = await compare('current.onnx', 'candidate.onnx', 'march.csv', { metrics: ['rocAuc'] });
 */
export async function compare(
  first: ModelSource,
  second: ModelSource,
  data: DataSource,
  options: CompareOptions = {},
): Promise<ModelComparison> {
  return (await import('./evaluate-model.ts')).compare(first, second, data, options);
}
