import { type AttentionLayer, attentionInputs } from '../../network/layers/attention.ts';
import { attentionCore } from '../autodiff/composites/attention.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import { dropOut } from './dropout.ts';
import type { LayerContext, Lower } from './layer-context.ts';
import { linear } from './linear.ts';
import { turn } from './rotary.ts';

/** Added to the score of a key that is not to be seen: e to that is 0 beside any other. */
const hidden = -1e9;

/** 0 where a query sees a key, `hidden` where it comes later: [positions, positions]. */
function causalMask(graph: Graph, positions: number): Value {
  return graph.shared(`causal:${positions}`, () => {
    const data = new Float32Array(positions * positions);
    for (let query = 0; query < positions; query++)
      data.fill(hidden, query * positions + query + 1, (query + 1) * positions);
    return graph.constant({ type: 'float', shape: [positions, positions], data });
  });
}

/** From a mask [batch, keys] of ones and zeros what is added to scores: [batch, 1, 1, keys]. */
function paddingMask(graph: Graph, mask: Value): Value {
  const ones = graph.apply('Cast', [mask], { to: { int: 1 } });
  const wide = graph.apply('Reshape', [ones, graph.ints([-1, 1, 1, mask.shape[1]!])]);
  return graph.apply('Mul', [graph.apply('Sub', [graph.scalar(1, wide), wide]), graph.scalar(hidden, wide)]);
}

/** The layer's values; shapes in between are [batch, heads, positions, width of a head]. */
export const lowerAttention: Lower<AttentionLayer> = (
  context,
  { heads, causal = false, rotary = false, dropout = 0 },
) => {
  const { graph, name, inputs, parameter, random } = context;
  const { queries, memory, mask } = attentionInputs(inputs, ({ type }) => type === 'int64');
  const [, count, width] = queries.shape as [number, number, number];
  const each = width / heads;
  const project = (which: string, from: Value): Value => {
    const made = linear(context, from, parameter(`${which}-weight`), parameter(`${which}-bias`));
    const split = graph.apply('Reshape', [made, graph.ints([-1, from.shape[1]!, heads, each])]);
    return graph.apply('Transpose', [split], { perm: { ints: [0, 2, 1, 3] } });
  };
  const place = (value: Value) => (rotary ? turn(graph, value) : value);
  const q = place(project('query', queries));
  const k = place(project('key', memory));
  const v = project('value', memory);
  const masks = [
    ...(causal ? [causalMask(graph, count)] : []),
    ...(mask === undefined ? [] : [paddingMask(graph, mask)]),
  ];
  const all = masks.length === 0 ? undefined : masks.reduce((a, b) => graph.apply('Add', [a, b]));
  const scale = 1 / Math.sqrt(each);
  const seen =
    random === undefined || dropout === 0
      ? core(context, q, k, v, scale, all)
      : dropped(graph, q, k, v, scale, all, (weights) =>
          dropOut(graph, weights, dropout, (type, size) => random(name, type, size)),
        );
  const back = graph.apply('Transpose', [seen], { perm: { ints: [0, 2, 1, 3] } });
  const joined = graph.apply('Reshape', [back, graph.ints([-1, width])]);
  const output = graph.apply('Gemm', [joined, parameter('output-weight'), parameter('output-bias')]);
  return graph.apply('Reshape', [output, graph.ints([-1, count, width])]);
};

/** Where it predicts, operators of ONNX alone, which any runtime has; they fuse to the same. */
function core({ graph, random }: LayerContext, q: Value, k: Value, v: Value, scale: number, mask?: Value): Value {
  if (random !== undefined) return attentionCore(graph, q, k, v, scale, mask);
  return graph.apply('MatMul', [weightsOf(graph, q, k, scale, mask), v]);
}

function weightsOf(graph: Graph, q: Value, k: Value, scale: number, mask?: Value): Value {
  const turned = graph.apply('Transpose', [k], { perm: { ints: [0, 1, 3, 2] } });
  const raw = graph.apply('Mul', [graph.apply('MatMul', [q, turned]), graph.scalar(scale, q)]);
  const scores = mask === undefined ? raw : graph.apply('Add', [raw, mask]);
  return graph.apply('Softmax', [scores], { axis: { int: -1 } });
}

function dropped(
  graph: Graph,
  q: Value,
  k: Value,
  v: Value,
  scale: number,
  mask: Value | undefined,
  drop: (weights: Value) => Value,
): Value {
  return graph.apply('MatMul', [drop(weightsOf(graph, q, k, scale, mask)), v]);
}
