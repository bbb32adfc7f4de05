import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { asMatrix, type LayerContext } from './layer-context.ts';

/**
 * The last axis of a value times a weight [width, units], plus a bias: a matrix [.., units].
 *
 * Behind a layer normalisation while training, its scale and shift become a part of weight and bias: (n·s + t)·W + b = n·(s·W) + (t·W + b). So
 * they and their gradients are worked out on weights rather than on rows, of which there are more.
 */
export function linear({ graph, random }: LayerContext, x: Value, weight: Value, bias: Value | undefined): Value {
  const node = graph.producerOf(x);
  const [width, units] = weight.shape as [number, number];
  const isFolded = random !== undefined && node?.operator === 'LayerNormalization' && sizeOf(x.shape) >= width * units;
  if (!isFolded) {
    return graph.apply('Gemm', [asMatrix(graph, x), weight, ...(bias === undefined ? [] : [bias])]);
  }
  const [before, scale, shift] = node.inputs as [Value, Value, Value];
  const [one, zero] = [graph.full([width], 1, x), graph.full([width], 0, x)];
  const normal = graph.apply('LayerNormalization', [before, one, zero], node.attributes);
  const scaled = graph.apply('Mul', [weight, graph.apply('Reshape', [scale, graph.ints([width, 1])])]);
  const row = graph.apply('Reshape', [shift, graph.ints([1, width])]);
  const moved = graph.apply('Gemm', [row, weight, ...(bias === undefined ? [] : [bias])]);
  return graph.apply('Gemm', [asMatrix(graph, normal), scaled, moved]);
}
