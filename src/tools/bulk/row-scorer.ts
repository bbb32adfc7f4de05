import type { Backend, Predictor, Tensor, Tensors } from '../../backends/backend.ts';
import { checkModel } from '../../onnx/check-model.ts';
import type { OnnxModel, OnnxNode } from '../../onnx/model.ts';
import { type ModelSignature, readCard, readSignature } from '../../onnx/signature.ts';
import { collectPredictions, type PredictedRows } from '../artefact/decode-predictions.ts';
import { toCategory } from '../artefact/input-tensors.ts';
import { inlineRows } from '../artefact/predict-cost.ts';
import { isSamePrediction } from '../artefact/prediction-difference.ts';
import { operators } from '../convert/portable/operators.ts';
import { createGraph } from '../convert/portable/portable-graph.ts';
import type { PortableModel } from '../convert/portable/portable-model.ts';
import { readData, type Scratch, type Value, withScratch } from '../convert/portable/tensor.ts';
import { toPortable } from '../convert/to-portable.ts';
import { type EncodedCategories, type EncodedRows, sliceRows, tensorsOfRows } from './encoded-rows.ts';
import { fastTrees } from './tree-scorer.ts';

/** Predicts encoded rows. */
export interface RowScorer extends AsyncDisposable {
  readonly signature: ModelSignature;
  predict(rows: EncodedRows, signal?: AbortSignal): Promise<PredictedRows>;
}

/** Rows that are computed together: their values stay in the second cache. */
const blockRows = 2048;
/** Rows on which own kernels are held against the runtime before they are used. */
const comparedRows = 256;

/**
 * Predicts rows of a file with the kernels that training uses, in this thread, where they know every operator of the model and agree with
 * the runtime on the first rows; else with the runtime, in a child where the model is none of ours.
 *
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE, PEER_MISSING, PREDICT_FAILED
 */
export function createRowScorer(bytes: Uint8Array, backend: Backend): RowScorer {
  const model = checkModel(bytes);
  const signature = readSignature(model);
  const isOurs = inlineRows(model, signature, readCard(model)) > 0;
  const own = isOurs ? ownScorer(model, signature) : undefined;
  let runtime: Promise<Predictor> | undefined;
  let chosen: ((rows: EncodedRows, signal?: AbortSignal) => Promise<PredictedRows> | PredictedRows) | undefined;
  const byRuntime = async (rows: EncodedRows, signal?: AbortSignal): Promise<PredictedRows> => {
    runtime ??= backend.load(bytes, { where: isOurs ? 'inline' : 'child', threads: 1 });
    const predictor = await runtime;
    const outputs = await predictor.predict(tensorsOfRows(signature, rows), signal === undefined ? {} : { signal });
    return collectPredictions(signature, [outputs]);
  };
  return {
    signature,
    async predict(rows, signal) {
      if (chosen === undefined) {
        const some = sliceRows(rows, 0, Math.min(comparedRows, rows.rowCount));
        chosen = own !== undefined && isSamePrediction(own(some), await byRuntime(some, signal)) ? own : byRuntime;
      }
      return chosen(rows, signal);
    },
    async [Symbol.asyncDispose]() {
      await (await runtime?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

function ownScorer(model: OnnxModel, signature: ModelSignature): ((rows: EncodedRows) => PredictedRows) | undefined {
  if (!model.graph.nodes.every(({ operator }) => Object.hasOwn(operators, operator))) return undefined;
  const portable = toPortable(model);
  const encoders = encodersOf(model.graph.nodes, portable);
  if (encoders === undefined) return undefined;
  const left = new Set(encoders.flatMap(({ nodes }) => nodes.map(({ outputs }) => outputs[0]!)));
  const nodes = portable.nodes.filter(({ outputs }) => !left.has(outputs[0]!));
  const run = createGraph({ ...portable, nodes }, { TreeEnsemble: fastTrees });
  const scratch: Scratch = { arrays: [], next: 0 };
  return (rows) => {
    // A dictionary is looked up once a file's piece, not once a row.
    const codes = encoders.map(({ column, codeOf }) => codesOf(rows.categories[column]!, codeOf));
    const parts: Tensors[] = [];
    for (let from = 0; from < rows.rowCount; from += blockRows) {
      const block = sliceRows(rows, from, Math.min(rows.rowCount, from + blockRows));
      const values = new Map<string, Value>();
      const put = (name: string, type: Value['type'], data: Float32Array | Float64Array): void => {
        values.set(name, { type, shape: [block.rowCount, data.length / block.rowCount], data });
      };
      if (block.numbers.length > 0) put('numbers', 'float32', block.numbers);
      if (block.datetimes.length > 0) put('datetimes', 'int64', block.datetimes);
      encoders.forEach(({ output }, i) => {
        put(output, 'int64', codes[i]!.subarray(from, from + block.rowCount));
      });
      withScratch(scratch, () => run(values));
      parts.push(outputsOf(values));
    }
    return collectPredictions(signature, parts);
  };
}

/** The nodes that turn one column of categories into codes, and what they do. */
interface CategoryEncoder {
  readonly column: number;
  readonly output: string;
  readonly nodes: readonly OnnxNode[];
  readonly codeOf: (text: string | undefined) => number;
}

/** How each column of categories becomes codes; undefined where texts are used in another way too. */
function encodersOf(nodes: readonly OnnxNode[], portable: PortableModel): CategoryEncoder[] | undefined {
  const decoder = new TextDecoder();
  const { missingCategory } = portable.signature;
  const takers = nodes.filter(({ inputs }) => inputs.includes('categories'));
  const encoders = takers.map((taker): CategoryEncoder | undefined => {
    const isEncoder = taker.operator === 'LabelEncoder';
    const index = isEncoder ? undefined : portable.constants[taker.inputs[1] ?? ''];
    const users = isEncoder ? [taker] : nodes.filter(({ inputs }) => inputs.includes(taker.outputs[0]!));
    const [encoder] = users;
    if (users.length !== 1 || encoder!.operator !== 'LabelEncoder') return undefined;
    if (!isEncoder && (taker.operator !== 'Gather' || index === undefined || index.type !== 'int64')) return undefined;
    const attribute = (name: string) => encoder!.attributes.find((one) => one.name === name);
    const values = attribute('values_int64s')?.ints;
    const keys = attribute('keys_strings')?.strings;
    if (values === undefined || keys === undefined) return undefined;
    const other = Number(attribute('default_int64')?.int ?? -1n);
    const known = new Map(keys.map((key, i) => [decoder.decode(key), Number(values[i]!)]));
    const column = isEncoder ? 0 : Number(readData(index!).data[0]);
    return {
      column,
      output: encoder!.outputs[0]!,
      nodes: isEncoder ? [encoder!] : [taker, encoder!],
      codeOf: (text) => known.get(text ?? missingCategory) ?? other,
    };
  });
  return encoders.every((encoder) => encoder !== undefined) ? encoders : undefined;
}

function codesOf({ codes, dictionary }: EncodedCategories, codeOf: CategoryEncoder['codeOf']): Float64Array {
  const missing = codeOf(undefined);
  const known = Float64Array.from(dictionary, (text) => codeOf(toCategory(text)));
  const out = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row++) out[row] = codes[row]! < 0 ? missing : known[codes[row]!]!;
  return out;
}

const outputNames = ['label', 'probabilities', 'prediction', 'interval'];

function outputsOf(values: ReadonlyMap<string, Value>): Tensors {
  const outputs = outputNames.flatMap((name) => {
    const value = values.get(name);
    // The next block is computed in the same arrays.
    return value === undefined
      ? []
      : [[name, { ...value, data: value.data.slice(), dtype: value.type } as Tensor] as const];
  });
  return Object.fromEntries(outputs);
}
