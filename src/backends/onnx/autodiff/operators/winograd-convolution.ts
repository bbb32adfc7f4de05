import { view } from '../blocks.ts';
import { defineOperator, type GraphOperations } from '../operator.ts';
import { product } from '../product.ts';
import { sumRows } from '../sum-rows.ts';
import type { Value } from '../value.ts';
import { type Four, fromOutputs, fromProducts, toOutputs, toProducts, weightTransform } from '../winograd.ts';

/** The place where both lines of outputs have the second product, so that what is added to it is added to all outputs. */
const common = 5;

const fours = (values: readonly Value[]): Four => values as unknown as Four;

/** Sixteen matrices of an image: columns first, as rows are copied whole. */
function spread(
  graph: GraphOperations,
  image: Value,
  part: (graph: GraphOperations, x: Value) => Four,
): readonly Value[] {
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const lines = part(graph, view(graph, image, [batch * height, width, channels]));
  const parts = lines.map((line) => part(graph, view(graph, line, [batch, height, (width / 2) * channels])));
  const rows = (value: Value) => view(graph, value, [-1, channels]);
  return [0, 1, 2, 3].flatMap((row) => parts.map((column) => rows(column[row]!)));
}

/** An image of sixteen matrices. */
function gather(
  graph: GraphOperations,
  matrices: readonly Value[],
  [batch, height, width]: readonly number[],
  join: (graph: GraphOperations, parts: Four) => Value,
): Value {
  const channels = matrices[0]!.shape[1]!;
  const [down, across] = [height! / 2, width! / 2];
  const columns = [0, 1, 2, 3].map((column) => {
    const parts = [0, 1, 2, 3].map((row) =>
      view(graph, matrices[4 * row + column]!, [batch!, down, across * channels]),
    );
    return view(graph, join(graph, fours(parts)), [batch! * height!, across, channels]);
  });
  return view(graph, join(graph, fours(columns)), [batch!, height!, width!, channels]);
}

/** [O, C, 3, 3] as sixteen matrices [C, O]. */
function weightMatrices(graph: GraphOperations, w: Value): readonly Value[] {
  const [filters, channels] = w.shape as [number, number];
  const taps = graph.apply('Transpose', [w], { perm: { ints: [2, 3, 1, 0] } });
  const nine = view(graph, taps, [9, channels * filters]);
  const sixteen = graph.apply('Gemm', [graph.floats([16, 9], weightTransform, w), nine]);
  const parts = graph.applyAll('Split', [sixteen, graph.ints(new Array<number>(16).fill(1))], { axis: { int: 0 } });
  return parts.map((part) => view(graph, part, [channels, filters]));
}

/**
 * Convolution of an image with channels last, [N, H, W, C], with a kernel of 3×3, a row of zeros around and sixteen products of matrices for
 * four outputs, where there would be 36: F(2×2, 3×3) of Winograd. H and W are even and at least 4. w: [O, C, 3, 3], b: [O]. Its results
 * differ from those of sums one by one by rounding alone.
 */
export const winogradConvolution = defineOperator({
  name: 'WinogradConvolution',
  build({ graph, inputs: [x, w, b] }) {
    const images = spread(graph, x!, toProducts);
    const weights = weightMatrices(graph, w!);
    const products = images.map((image, i) =>
      graph.apply('Gemm', [image, weights[i]!, ...(b !== undefined && i === common ? [b] : [])]),
    );
    return [gather(graph, products, x!.shape, toOutputs), ...images];
  },
  gradient({ graph, inputs: [x, w], outputs, gradient }, index) {
    const arriving = spread(graph, gradient, fromOutputs);
    if (index === 2) return sumRows(graph, arriving[common]!);
    if (index === 0) {
      const weights = weightMatrices(graph, w!);
      const products = arriving.map((matrix, i) => product(graph, matrix, weights[i]!, { transB: true }));
      return gather(graph, products, x!.shape, fromProducts);
    }
    const [filters, channels] = w!.shape as [number, number];
    const products = arriving.map((matrix, i) => {
      const made = product(graph, outputs[1 + i]!, matrix, { transA: true });
      return view(graph, made, [1, channels * filters]);
    });
    const sixteen = graph.apply('Concat', products, { axis: { int: 0 } });
    const nine = product(graph, graph.floats([16, 9], weightTransform, w!), sixteen, { transA: true });
    const taps = view(graph, nine, [3, 3, channels, filters]);
    return graph.apply('Transpose', [taps], { perm: { ints: [3, 2, 0, 1] } });
  },
});
