import type { Backend } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { TaskKind } from '../../core/task-spec.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { metadataKeys } from '../../onnx/signature.ts';
import type { Table } from '../data/table.ts';
import { applyDecision, plainDecision } from '../evaluate/decision.ts';
import type { Prediction } from '../evaluate/metric.ts';
import { predictMapped } from './mapped-model.ts';
import { loadModel } from './model.ts';
import type { ModelMapping } from './model-mapping.ts';

/** What a model, of ours or not, says of the rows of a table. */
export interface JudgedRows {
  readonly task: TaskKind;
  readonly target: string;
  readonly classes: readonly string[];
  readonly prediction: Prediction;
}

/**
 * Predicts a table with a model by its signature, or by a mapping where one is given.
 *
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE, RECORD_INVALID, COLUMN_UNKNOWN, PREDICT_FAILED
 */
export async function openJudged(
  bytes: Uint8Array,
  mapping: ModelMapping | undefined,
  table: Table,
  backend: Backend,
  threads: number,
): Promise<JudgedRows> {
  return mapping === undefined
    ? bySignature(bytes, table, backend, threads)
    : byMapping(bytes, mapping, table, backend, threads);
}

async function bySignature(bytes: Uint8Array, table: Table, backend: Backend, threads: number): Promise<JudgedRows> {
  if (!checkModel(bytes).metadata.some(([key]) => key === metadataKeys.signature))
    throw new TrainerError(
      'MODEL_SIGNATURE',
      'Expected a model with a signature of this library, got one without. Pass a mapping of its inputs and outputs.',
    );
  await using model = loadModel(bytes, backend, { where: 'inline', threads });
  const { task, target, output } = model.signature;
  const rows = await model.predictTable(table);
  if (rows.kind === 'regression')
    return { task, target, classes: [], prediction: { classCount: 0, values: Float64Array.from(rows.values) } };
  const classes = output.kind === 'classification' ? output.classes : [];
  const positions = new Map(classes.map((label, position) => [label, position]));
  const probabilities = classes.length === 2 ? rows.probabilities.filter((_, i) => i % 2 === 1) : rows.probabilities;
  return {
    task: classes.length === 2 ? 'binary' : task,
    target,
    classes,
    prediction: {
      classCount: classes.length,
      probabilities: Float64Array.from(probabilities),
      labels: Int32Array.from(rows.labels, (label) => positions.get(label)!),
    },
  };
}

async function byMapping(
  bytes: Uint8Array,
  mapping: ModelMapping,
  table: Table,
  backend: Backend,
  threads: number,
): Promise<JudgedRows> {
  const rows = await predictMapped(bytes, mapping, table, backend, threads);
  const classes = mapping.classes ?? [];
  const { probabilities } = rows;
  // A model that gives no labels is asked for the most probable one.
  const labels = rows.labels ?? (probabilities && applyDecision(plainDecision(classes.length), probabilities));
  return {
    task: classes.length === 0 ? 'regression' : classes.length === 2 ? 'binary' : 'multiclass',
    target: mapping.target,
    classes,
    prediction: {
      classCount: classes.length,
      ...(probabilities === undefined ? {} : { probabilities }),
      ...(labels === undefined ? {} : { labels }),
      ...(rows.values === undefined ? {} : { values: rows.values }),
    },
  };
}

/**
 * A prediction with its classes in the order of another model's.
 *
 * @throws {TrainerError} REQUEST_INVALID where both do not predict the same
 */
export function mapClasses({ task, classes, prediction }: JudgedRows, like: JudgedRows): Prediction {
  const isSame = task === like.task && classes.length === like.classes.length;
  const places = classes.map((label) => like.classes.indexOf(label));
  if (!isSame || places.includes(-1))
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected two models that predict the same, got a ${like.task} one of ${like.classes.length} classes and a ${task} one of ${classes.length}${isSame ? ' with other labels' : ''}. Compare models of the same target.`,
    );
  if (places.every((place, i) => place === i)) return prediction;
  const { probabilities, labels, classCount } = prediction;
  const rowCount = (labels ?? probabilities)!.length / (labels === undefined && classCount > 2 ? classCount : 1);
  return {
    classCount,
    ...(labels && { labels: labels.map((label) => places[label]!) }),
    ...(probabilities && {
      probabilities:
        classCount === 2
          ? probabilities.map((value) => 1 - value)
          : Float64Array.from({ length: rowCount * classCount }, (_, i) => {
              const row = Math.floor(i / classCount);
              return probabilities[row * classCount + places.indexOf(i % classCount)]!;
            }),
    }),
  };
}
