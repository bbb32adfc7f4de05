import type { Backend, Predictor, Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { Json } from '../../core/helpers/canonical-json.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { type ModelSignature, readCard, readSignature } from '../../onnx/signature.ts';
import type { Table } from '../data/table.ts';
import { createExplainer, type Explainer } from '../explain/explainer.ts';
import { type Explanation, explainRows } from '../explain/explanation.ts';
import { checkFormats } from './column-formats.ts';
import {
  collectPredictions,
  decodePredictions,
  type PredictedRows,
  type PredictionResult,
} from './decode-predictions.ts';
import { createRecordEncoder, encodeOrThrow, type PredictionRecord, type RecordEncoder } from './encode-records.ts';
import { encodeTableForModel } from './encode-table.ts';
import { inlineRows } from './predict-cost.ts';
import { saveFile } from './save-file.ts';

/** Options of a call that predicts. */
export interface PredictOptions {
  /** Ends the call; one that runs in a child process is ended at once. */
  readonly signal?: AbortSignal;
}

/** Options of {@link loadModel}. */
export interface LoadModelOptions {
  /** Threads of one operator. @default 1 */
  readonly threads?: number;
  /** Where it predicts. @default 'auto': on the calling thread while a call costs less than about 5 ms, else in a child */
  readonly where?: 'auto' | 'inline' | 'child';
}

/** A trained model, ready to predict; of a run with a schema it knows its records and its answers. */
export interface Model<Input extends object = object, Result = PredictionResult> extends AsyncDisposable {
  readonly signature: ModelSignature;
  /** The clock-free part of the card, from the file itself; absent in files that have none. */
  readonly card: Json | undefined;
  /** SHA-256 of the file. */
  readonly hash: string;
  readonly sizeBytes: number;
  /** The file. Must not be changed. */
  readonly bytes: Uint8Array;
  /**
   * Predicts records by column name.
   *
   * @throws {TrainerError} RECORD_INVALID, PREDICT_FAILED, PEER_MISSING
   */
  predict(records: readonly Input[], options?: PredictOptions): Promise<Result[]>;
  /** Whether {@link Model.explain} can tell what led to a prediction: linear models, boosted trees and blends of both. */
  readonly canExplain: boolean;
  /**
   * Tells what led to the predictions of some records: exact SHAP values by column, path-dependent for trees, with independent
   * columns for linear models, and their weighted sum for a blend.
   *
   * @throws {TrainerError} MODEL_UNSUPPORTED where the model can't be explained; RECORD_INVALID, PREDICT_FAILED, PEER_MISSING
   */
  explain(records: readonly Input[], options?: PredictOptions): Promise<Explanation[]>;
  /** Predicts the rows of a table, in batches; the answer is in columns. */
  predictTable(table: Table, options?: PredictOptions): Promise<PredictedRows>;
  /**
   * Saves the file; an existing one is replaced as a whole.
   *
   * @throws {TrainerError} STORE_FAILED
   */
  save(path: string): Promise<void>;
}

/** Rows of one batch: large enough that a call's cost is nothing, small enough that texts stay few. */
const batchRows = 16_384;

/** Records that are explained at once. */
const explainedRows = 64;

function checkRecords(records: readonly object[]): asserts records is readonly PredictionRecord[] {
  if (Array.isArray(records)) return;
  throw new TrainerError(
    'RECORD_INVALID',
    `Expected an array of records, got ${typeof records}. Wrap one record in [ ].`,
  );
}

class LoadedModel implements Model {
  readonly signature: ModelSignature;
  readonly card: Json | undefined;
  readonly hash: string;
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
  readonly #backend: Backend;
  readonly #options: LoadModelOptions;
  readonly #encode: RecordEncoder;
  /** Rows that one call may predict on the calling thread. */
  readonly #inlineRows: number;
  readonly #predictors = new Map<'inline' | 'child' | 'explain', Promise<Predictor>>();
  readonly #explainer: Explainer | undefined;
  #isOpen = true;

  constructor(bytes: Uint8Array, backend: Backend, options: LoadModelOptions) {
    const model = checkModel(bytes);
    this.signature = readSignature(model);
    checkFormats(this.signature);
    this.#encode = createRecordEncoder(this.signature);
    this.card = readCard(model);
    this.#explainer = createExplainer(model, this.signature.inputs.length);
    this.hash = sha256(bytes);
    this.sizeBytes = bytes.length;
    // The caller's array may change later; the hash would not follow.
    this.bytes = bytes.slice();
    this.#backend = backend;
    this.#options = options;
    const { where = 'auto' } = options;
    if (where === 'auto') this.#inlineRows = inlineRows(model, this.signature, this.card);
    else this.#inlineRows = where === 'inline' ? Number.POSITIVE_INFINITY : 0;
  }

  async predict(records: readonly object[], options: PredictOptions = {}): Promise<PredictionResult[]> {
    checkRecords(records);
    if (records.length === 0) return [];
    const results: PredictionResult[] = [];
    for (let from = 0; from < records.length; from += batchRows) {
      const batch = records.slice(from, from + batchRows);
      const outputs = await this.#run(encodeOrThrow(this.#encode, batch, from), records.length, options);
      for (const result of decodePredictions(this.signature, outputs)) results.push(result);
    }
    return results;
  }

  async predictTable(table: Table, options: PredictOptions = {}): Promise<PredictedRows> {
    const batches: Tensors[] = [];
    // A child works on one batch while the next is encoded here.
    let underWay: Promise<Tensors> | undefined;
    for (let from = 0; from < table.rowCount; from += batchRows) {
      const to = Math.min(from + batchRows, table.rowCount);
      const inputs = encodeTableForModel(this.signature, table, { from, to });
      if (underWay !== undefined) batches.push(await underWay);
      underWay = this.#run(inputs, table.rowCount, options);
      underWay.catch(() => undefined);
      // Lets it go out, and the host do something else between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (underWay !== undefined) batches.push(await underWay);
    return collectPredictions(this.signature, batches);
  }

  get canExplain(): boolean {
    return this.#explainer !== undefined;
  }

  async explain(records: readonly object[], options: PredictOptions = {}): Promise<Explanation[]> {
    const explainer = this.#explainer;
    if (explainer === undefined) {
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        'Expected a model of linear models and boosted trees with the notes of its training, got one without: its predictions can not be explained. Train such a model with this library, or take its predictions alone.',
      );
    }
    checkRecords(records);
    const explanations: Explanation[] = [];
    for (let from = 0; from < records.length; from += explainedRows) {
      const batch = records.slice(from, from + explainedRows);
      const predictor = await this.#open('explain', () => encodeModel(explainer.model));
      const tensors = await predictor.predict(encodeOrThrow(this.#encode, batch, from), options);
      explanations.push(...(await explainRows(explainer, this.signature, tensors, options.signal)));
    }
    return explanations;
  }

  save(path: string): Promise<void> {
    return saveFile(path, this.bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    const open = [...this.#predictors.values()];
    this.#predictors.clear();
    for (const predictor of open) {
      // One that failed to load holds nothing, and its caller has the error.
      await predictor.then(
        (loaded) => loaded[Symbol.asyncDispose](),
        () => undefined,
      );
    }
  }

  async #run(inputs: Tensors, rowCount: number, options: PredictOptions): Promise<Tensors> {
    const where = rowCount <= this.#inlineRows ? 'inline' : 'child';
    const predictor = await this.#open(where, () => this.bytes);
    return predictor.predict(inputs, options);
  }

  #open(what: 'inline' | 'child' | 'explain', bytes: () => Uint8Array): Promise<Predictor> {
    if (!this.#isOpen) throw new TrainerError('PREDICT_FAILED', 'The model was disposed of; load it again.');
    let predictor = this.#predictors.get(what);
    if (predictor === undefined) {
      const where = what === 'inline' || (what === 'explain' && this.#inlineRows >= explainedRows) ? 'inline' : 'child';
      predictor = this.#backend.load(bytes(), { where, threads: this.#options.threads ?? 1 });
      this.#predictors.set(what, predictor);
      // What failed once (a missing package, no memory) is tried again by the next call.
      predictor.catch(() => this.#predictors.delete(what));
    }
    return predictor;
  }
}

/**
 * Makes a model of the bytes of a file, which are checked first. The runtime starts with the first prediction.
 *
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE, FORMAT_VERSION
 */
export function loadModel(bytes: Uint8Array, backend: Backend, options: LoadModelOptions = {}): Model {
  return new LoadedModel(bytes, backend, options);
}
