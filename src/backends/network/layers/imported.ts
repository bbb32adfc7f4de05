import { decodeModel } from '../../../onnx/decode.ts';
import type { OnnxGraph } from '../../../onnx/model.ts';
import { constantOf } from '../../../onnx/read-tensor.ts';
import {
  type IntegerRule,
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  type OptionCheck,
  type ParameterSpec,
  positiveInteger,
  printSignature,
  type Signature,
} from '../layer-definition.ts';

/** A weight of an imported graph. */
export interface ImportedWeight {
  /** Its name in errors, groups and snapshots. */
  readonly name: string;
  /** The initializer that it is. */
  readonly tensor: string;
  readonly shape: readonly number[];
  /** Running statistics are held, not trained. */
  readonly isTrained: boolean;
  readonly isDecayed: boolean;
}

/** Low-rank changes of frozen matrices (LoRA: Hu et al., 2021): W + scale / rank · A·B, of which A and B are trained. */
export interface ImportedAdapters {
  readonly rank: number;
  readonly scale: number;
  /** Names of the weights that are changed so; all others stay as they are. */
  readonly weights: readonly string[];
}

/** A graph of an ONNX file as a layer; `importNetwork` makes them. */
export interface ImportedLayer extends LayerPlace {
  readonly kind: 'imported';
  /** An ONNX file with one output, as `importNetwork` wrote it. */
  readonly model: Uint8Array;
  /** What the graph's inputs take, in their order: one sample each. */
  readonly takes: readonly Signature[];
  readonly gives: Signature;
  /** The integers that each input may have: from 0 and below; null for any. */
  readonly limits: readonly (number | null)[];
  readonly weights: readonly ImportedWeight[];
  /** Operations of one sample. */
  readonly flops: number;
  /** Whether batch normalisation goes by the statistics in the file, or by those of the batch, which the file's then follow. */
  readonly batchNorm: 'frozen' | 'batch';
  readonly adapters?: ImportedAdapters;
}

const graphs = new WeakMap<Uint8Array, OnnxGraph>();

/** The graph of an imported layer, decoded once. */
export function importedGraph(model: Uint8Array): OnnxGraph {
  let graph = graphs.get(model);
  if (graph === undefined) {
    graph = decodeModel(model).graph;
    graphs.set(model, graph);
  }
  return graph;
}

/** Names of the two factors of an adapted weight. */
export const adapterNames = (weight: string): readonly [string, string] => [`${weight}.lora-a`, `${weight}.lora-b`];

/** As in the paper's implementation: A uniform as `Linear`'s weights, B zero, so that nothing is changed at first. */
function adapterSpecs({ name, shape }: ImportedWeight, rank: number): readonly ParameterSpec[] {
  const [width, units] = shape as [number, number];
  const [a, b] = adapterNames(name);
  const common = { isTrained: true, isDecayed: true };
  return [
    { ...common, name: a, shape: [width, rank], initial: { kind: 'uniform', limit: 1 / Math.sqrt(width) } },
    { ...common, name: b, shape: [rank, units], initial: { kind: 'constant', value: 0 } },
  ];
}

const list: OptionCheck = (value) => (Array.isArray(value) ? undefined : 'a list');
const object: OptionCheck = (value) => (typeof value === 'object' && value !== null ? undefined : 'an object');

/** Weights begin as the file has them. */
export const importedDefinition: LayerDefinition<ImportedLayer> = {
  arity: [1, 64],
  options: {
    model: (value) => (value instanceof Uint8Array ? undefined : 'the bytes of an ONNX file'),
    takes: list,
    gives: object,
    limits: list,
    weights: list,
    flops: positiveInteger,
    batchNorm: (value) => (value === 'frozen' || value === 'batch' ? undefined : 'frozen or batch'),
    adapters: (value) => (value === undefined ? undefined : object(value)),
  },
  infer({ model, takes, gives, weights, flops, adapters }, inputs) {
    const expected = takes.map(printSignature).join(' and ');
    if (inputs.map(printSignature).join(' and ') !== expected) throw new LayerProblem(`expected ${expected}`);
    const tensors = new Map(importedGraph(model).initializers.map((tensor) => [tensor.name, tensor]));
    const parameters = weights.flatMap((weight): readonly ParameterSpec[] => {
      const tensor = tensors.get(weight.tensor);
      const constant = tensor === undefined ? undefined : constantOf(tensor);
      if (constant?.type !== 'float' || `${constant.shape}` !== `${weight.shape}`) {
        throw new LayerProblem(`its file has no float32 [${weight.shape}] named "${weight.tensor}"`);
      }
      const spec: ParameterSpec = {
        name: weight.name,
        shape: weight.shape,
        initial: { kind: 'values', values: constant.data },
        isTrained: weight.isTrained && adapters === undefined,
        isDecayed: weight.isDecayed,
      };
      return adapters?.weights.includes(weight.name) ? [spec, ...adapterSpecs(weight, adapters.rank)] : [spec];
    });
    return { output: gives, parameters, flops };
  },
  integers: ({ limits }) => limits.map((limit): IntegerRule | undefined => (limit === null ? undefined : [limit])),
};
