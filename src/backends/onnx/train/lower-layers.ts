import type { ActivationLayer } from '../../network/layers/activation.ts';
import { defaultEpsilon } from '../../network/layers/normalisation.ts';
import type { PlainLayer } from '../../network/network-spec.ts';
import type { ResolvedLayer, ResolvedNetwork } from '../../network/resolve-network.ts';
import { geluOf } from '../autodiff/composites/gelu.ts';
import type { Graph } from '../autodiff/graph.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { dropOut } from './dropout.ts';
import { type LayerContext, type Lower, last, likeRows } from './layer-context.ts';
import { linear } from './linear.ts';
import { lowerAttention } from './lower-attention.ts';
import { lowerBatchNorm } from './lower-batch-norm.ts';
import { imageLowerings } from './lower-images.ts';
import { lowerImported } from './lower-imported.ts';
import { lowerGru, lowerLstm } from './lower-recurrent.ts';
import {
  lowerAverageTokens,
  lowerClassToken,
  lowerEntityEmbeddings,
  lowerFeatureTokens,
  lowerPositions,
  lowerTakeToken,
} from './lower-tokens.ts';

const activationOf: Readonly<Record<ActivationLayer['activation'], Lower<ActivationLayer>>> = {
  relu: ({ graph, inputs }) => graph.apply('Relu', inputs),
  'leaky-relu': ({ graph, inputs }, { slope = 0.01 }) => graph.apply('LeakyRelu', inputs, { alpha: { float: slope } }),
  gelu: ({ graph, inputs: [x], random }) => (random === undefined ? graph.apply('Gelu', [x!]) : geluOf(graph, x!)),
  silu: ({ graph, inputs: [x] }) => graph.apply('Mul', [x!, graph.apply('Sigmoid', [x!])]),
  tanh: ({ graph, inputs }) => graph.apply('Tanh', inputs),
  sigmoid: ({ graph, inputs }) => graph.apply('Sigmoid', inputs),
  softplus: ({ graph, inputs }) => graph.apply('Softplus', inputs),
  softmax: ({ graph, inputs }) => graph.apply('Softmax', inputs, last),
};

function chain(operator: string): Lower<unknown> {
  return ({ graph, inputs }) => inputs.reduce((a, b) => graph.apply(operator, [a, b]));
}

const lowerings: { readonly [K in PlainLayer['kind']]: Lower<Extract<PlainLayer, { readonly kind: K }>> } = {
  ...imageLowerings,
  dense(context, { bias = true }) {
    const { graph, inputs, parameter } = context;
    const x = inputs[0]!;
    return likeRows(graph, linear(context, x, parameter('weight'), bias ? parameter('bias') : undefined), x);
  },
  activation: (context, layer) => activationOf[layer.activation](context, layer),
  dropout: ({ graph, inputs: [x], name, random }, { rate }) =>
    random === undefined || rate === 0 ? x! : dropOut(graph, x!, rate, (type, count) => random(name, type, count)),
  flatten: ({ graph, inputs: [x] }) => graph.apply('Reshape', [x!, graph.ints([-1, sizeOf(x!.shape.slice(1))])]),
  reshape: ({ graph, inputs: [x] }, { shape }) => graph.apply('Reshape', [x!, graph.ints([-1, ...shape])]),
  concatenate: ({ graph, inputs }) => graph.apply('Concat', inputs, last),
  add: chain('Add'),
  multiply: chain('Mul'),
  embedding: ({ graph, inputs: [ids], parameter }) =>
    graph.apply('Gather', [parameter('weight'), ids!], { axis: { int: 0 } }),
  'layer-norm': ({ graph, inputs: [x], parameter }, { epsilon = defaultEpsilon }) =>
    graph.apply('LayerNormalization', [x!, parameter('scale'), parameter('shift')], {
      ...last,
      epsilon: { float: epsilon },
    }),
  'rms-norm'({ graph, inputs: [x], parameter }, { epsilon = defaultEpsilon }) {
    const square = graph.apply('ReduceMean', [graph.apply('Mul', [x!, x!]), graph.ints([-1])], {
      keepdims: { int: 1 },
    });
    const root = graph.apply('Sqrt', [graph.apply('Add', [square, graph.scalar(epsilon, x!)])]);
    return graph.apply('Mul', [graph.apply('Div', [x!, root]), parameter('scale')]);
  },
  'batch-norm': lowerBatchNorm,
  attention: lowerAttention,
  positions: lowerPositions,
  'feature-tokens': lowerFeatureTokens,
  'class-token': lowerClassToken,
  'take-token': lowerTakeToken,
  'average-tokens': lowerAverageTokens,
  'entity-embeddings': lowerEntityEmbeddings,
  gru: lowerGru,
  lstm: lowerLstm,
  imported: lowerImported,
};

/** What {@link lowerNetwork} takes. */
export interface LowerOptions {
  /** The network's inputs, each with the batch as its first axis. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** Parameters by `layer/name`. */
  readonly parameters: ReadonlyMap<string, Value>;
  readonly random: LayerContext['random'];
}

/** A network as values of a graph. */
export interface LoweredNetwork {
  /** The output of each layer and each input, by name. */
  readonly values: ReadonlyMap<string, Value>;
  /** Running statistics after this step, by `layer/name`. */
  readonly updates: ReadonlyMap<string, Value>;
}

/** Adds a network's forward pass to a graph. Nothing but batch normalisation in training depends on the batch size. */
export function lowerNetwork(graph: Graph, network: ResolvedNetwork, options: LowerOptions): LoweredNetwork {
  const values = new Map(options.inputs);
  const updates = new Map<string, Value>();
  for (const { name, layer, inputs } of network.layers as readonly ResolvedLayer[]) {
    const context: LayerContext = {
      graph,
      name,
      inputs: inputs.map((input) => values.get(input)!),
      parameter: (parameter) => options.parameters.get(`${name}/${parameter}`)!,
      update: (parameter, value) => updates.set(`${name}/${parameter}`, value),
      random: options.random,
    };
    // Each kind lowers its own layer; the table has the pairing.
    values.set(name, (lowerings[layer.kind] as Lower<PlainLayer>)(context, layer));
  }
  return { values, updates };
}
