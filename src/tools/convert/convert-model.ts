import { performance } from 'node:perf_hooks';
import type { Backend, Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import { canonicalJson, type Json } from '../../core/helpers/canonical-json.ts';
import type { RoundedForm } from '../../core/helpers/model-forms.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { metadataKeys, readCard, readSignature } from '../../onnx/signature.ts';
import { collectPredictions, type PredictedRows } from '../artefact/decode-predictions.ts';
import { createRecordEncoder, encodeOrThrow } from '../artefact/encode-records.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { loadModel, type Model } from '../artefact/model.ts';
import { predictionDifference } from '../artefact/prediction-difference.ts';
import type { Table } from '../data/table.ts';
import { exampleRecords } from '../serve/example-records.ts';
import { type Latency, measureLatency } from '../serve/measure-latency.ts';
import { type ConvertedGraph, toFloat16Graph } from './to-float16.ts';
import { calibrationGraph, type Ranges, toInt8Graph } from './to-int8.ts';

/** How the weights of a model are kept. */
export type Precision = RoundedForm;

/** What a conversion is made and held against. */
export interface ConvertOptions {
  readonly backend: Backend;
  /** Rows to calibrate on and to compare both files on. @default 256 made-up records within the ranges of training */
  readonly rows?: Table;
  /** Whether both files are timed. @default true */
  readonly times?: boolean;
}

/** A converted model, with what the conversion cost and gave. */
export interface Conversion {
  readonly bytes: Uint8Array;
  readonly precision: Precision;
  /** Weights that were converted, of all tensors. */
  readonly tensors: number;
  readonly sizeBytes: { readonly before: number; readonly after: number };
  /** Compared on these rows. */
  readonly rows: number;
  readonly areRowsReal: boolean;
  /** Greatest and mean difference of a probability or value, relative to max(1, magnitude). */
  readonly maxDifference: number;
  readonly meanDifference: number;
  /** Rows whose label changed. */
  readonly labelDifferences: number;
  readonly latencyMs?: { readonly before: Latency; readonly after: Latency };
}

/** Rows that are compared, or calibrated on, at most. */
export const mostComparedRows = 10_000;
/** What a conversion must take off the file to make sense. */
const leastSaving = 0.05;

/**
 * Converts the weights of a model of ours and proves the result against the file it was made of, on the same rows.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED where it makes no sense, with the measured sizes: trees keep their thresholds in full, and
 * what is left is too small to be worth a rounding; MODEL_INVALID, MODEL_SIGNATURE, PREDICT_FAILED
 */
export async function convertModel(
  bytes: Uint8Array,
  precision: Precision,
  options: ConvertOptions,
): Promise<Conversion> {
  const signature = readSignature(checkModel(bytes));
  const table = options.rows;
  const tensors: Tensors =
    table === undefined
      ? encodeOrThrow(createRecordEncoder(signature), exampleRecords(signature, 256))
      : encodeTableForModel(signature, table, { from: 0, to: Math.min(table.rowCount, mostComparedRows) });
  const { bytes: file, tensors: convertedTensors } = await roundModel(bytes, precision, tensors, options.backend);
  await using one = loadModel(bytes, options.backend, { where: 'inline' });
  await using two = loadModel(file, options.backend, { where: 'inline' });
  const { clearLabelDifferences: _clear, ...compared } = predictionDifference(
    await predictAll(file, tensors, options.backend),
    await predictAll(bytes, tensors, options.backend),
  );
  const latencyMs = options.times === false ? undefined : { before: await time(one), after: await time(two) };
  return {
    bytes: file,
    precision,
    tensors: convertedTensors,
    sizeBytes: { before: bytes.length, after: file.length },
    areRowsReal: table !== undefined,
    ...compared,
    ...(latencyMs === undefined ? {} : { latencyMs }),
  };
}

/**
 * Converts the weights of a model of ours, without looking at what it predicts.
 *
 * @param rows - what static int8 is calibrated on
 * @throws {TrainerError} MODEL_UNSUPPORTED where it makes no sense
 */
export async function roundModel(
  bytes: Uint8Array,
  precision: Precision,
  rows: Tensors,
  backend: Backend,
): Promise<{ readonly bytes: Uint8Array; readonly tensors: number }> {
  const model = checkModel(bytes);
  const converted = await convertGraph(model, precision, rows, backend);
  const file = encodeModel(withCard(converted.model, precision));
  if (converted.tensors === 0 || file.length > bytes.length * (1 - leastSaving))
    refuse(model, converted, precision, bytes, file);
  checkModel(file);
  return { bytes: file, tensors: converted.tensors };
}

async function convertGraph(
  model: OnnxModel,
  precision: Precision,
  rows: Tensors,
  backend: Backend,
): Promise<ConvertedGraph> {
  if (precision === 'float16') return toFloat16Graph(model);
  return toInt8Graph(model, precision === 'int8' ? await rangesOf(model, rows, backend) : undefined);
}

/** What reaches each matrix product on the rows. */
async function rangesOf(model: OnnxModel, rows: Tensors, backend: Backend): Promise<Ranges> {
  const ranges = new Map<string, readonly [number, number]>();
  const watched = calibrationGraph(model);
  if (watched === undefined) return ranges;
  await using predictor = await backend.load(encodeModel(watched.model), { where: 'inline' });
  const outputs = await predictor.predict(rows);
  for (const name of watched.values) {
    const values = outputs[name]!.data as Float32Array | Float64Array;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (Number.isFinite(low) && Number.isFinite(high)) ranges.set(name, [low, high]);
  }
  return ranges;
}

/** The file says that it was converted. Explanations of converted coefficients would be those of other ones. */
function withCard(model: OnnxModel, precision: Precision): OnnxModel {
  const card = readCard(model) as Record<string, Json> | undefined;
  const metadata = model.metadata.flatMap(([key, value]): [string, string][] => {
    if (key === metadataKeys.explanation && precision !== 'float16') return [];
    return [[key, key === metadataKeys.card ? canonicalJson({ ...card, precision }) : value]];
  });
  return { ...model, metadata };
}

function refuse(
  model: OnnxModel,
  converted: ConvertedGraph,
  precision: string,
  bytes: Uint8Array,
  file: Uint8Array,
): never {
  const hasTrees = model.graph.nodes.some(({ operator }) => operator === 'TreeEnsemble');
  const why = hasTrees ? ' Thresholds of trees stay float32: rounded ones would send rows another way.' : '';
  throw new TrainerError(
    'MODEL_UNSUPPORTED',
    `Expected a model that becomes smaller as ${precision}, got one of ${bytes.length} bytes with ${converted.bytesBefore} bytes of weights that could be rounded: it would have ${file.length} bytes.${why} Keep it as it is.`,
    { details: { sizeBytes: bytes.length, weightBytes: converted.bytesBefore, convertedBytes: file.length } },
  );
}

/** Predicts rows with a file. */
export async function predictAll(file: Uint8Array, tensors: Tensors, backend: Backend): Promise<PredictedRows> {
  await using predictor = await backend.load(file, { where: 'inline' });
  return collectPredictions(readSignature(checkModel(file)), [await predictor.predict(tensors)]);
}

/** One record at a time. */
function time(model: Model): Promise<Latency> {
  const records = exampleRecords(model.signature, 16);
  return measureLatency((i) => model.predict([records[i % records.length]!]), {
    now: () => performance.now(),
    count: 300,
    maxMs: 1000,
  });
}
