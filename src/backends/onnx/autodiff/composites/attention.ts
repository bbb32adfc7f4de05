import type { Graph } from '../graph.ts';
import { product } from '../product.ts';
import type { Value } from '../value.ts';

/**
 * Softmax(scale·q·kᵀ + mask)·v for q [..., queries, width], k and v [..., keys, width]; the mask broadcasts and has no
 * gradient.
 *
 * The gradient of the softmax needs Σ dP·P over the keys of each query; it is Σ dO·O over the width (Dao et al., 2022),
 * which is a fraction of it. Those of k and v are made transposed, as the matrix product is faster that way round.
 */
export function attentionCore(graph: Graph, q: Value, k: Value, v: Value, scale: number, mask?: Value): Value {
  const raw = product(graph, q, k, { transB: true, alpha: scale });
  const scores = mask === undefined ? raw : graph.apply('Add', [raw, mask]);
  const weights = graph.apply('Softmax', [scores], { axis: { int: -1 } });
  const output = graph.apply('MatMul', [weights, v]);
  const turned = (value: Value) => graph.apply('Transpose', [value], { perm: { ints: lastTwo(value.shape.length) } });
  return graph.withGradient(output, [q, k, v], (gradient) => {
    const along = graph.apply('Mul', [gradient, output]);
    const sums = graph.apply('ReduceSum', [along, graph.ints([-1])], { keepdims: { int: 1 } });
    const slopes = graph.apply('Sub', [product(graph, gradient, v, { transB: true }), sums]);
    const scoreGradient = graph.apply('Mul', [weights, slopes]);
    return [
      product(graph, scoreGradient, k, { alpha: scale }),
      turned(product(graph, q, scoreGradient, { transA: true, alpha: scale })),
      turned(product(graph, gradient, weights, { transA: true })),
    ];
  });
}

function lastTwo(rank: number): readonly number[] {
  return [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
}
