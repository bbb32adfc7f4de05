import { view } from '../blocks.ts';
import { defineOperator, type GraphOperations, intsOf } from '../operator.ts';
import { sizeOf } from '../shapes.ts';
import { step } from '../step.ts';
import type { Attributes, Value } from '../value.ts';

/** [images, height, width, lane]: memory of images in blocks, or of images with channels last. */
function tilesOf(attributes: Attributes) {
  const [height, width, lane] = intsOf(attributes, '_tile') as [number, number, number];
  const [down, across] = intsOf(attributes, 'kernel_shape') as [number, number];
  return { height, width, lane, down, across };
}

/** The largest of the first, the first two, … all parts along the second axis of [lines, parts, size]. */
function largest(graph: GraphOperations, x: Value, count: number): readonly Value[] {
  const parts = graph.applyAll('Split', [x, graph.ints(new Array<number>(count).fill(1))], { axis: { int: 1 } });
  const best = [parts[0]!];
  for (const part of parts.slice(1)) best.push(graph.apply('Max', [best.at(-1)!, part]));
  return best;
}

/** What goes back to the parts: from the last one to the first, each takes what it was strictly larger for. */
function back(graph: GraphOperations, gradient: Value, best: readonly Value[]): Value {
  const gradients: Value[] = [];
  let rest = gradient;
  for (let part = best.length - 1; part > 0; part--) {
    const own = graph.apply('Mul', [rest, step(graph, graph.apply('Sub', [best[part]!, best[part - 1]!]))]);
    gradients.unshift(own);
    rest = graph.apply('Sub', [rest, own]);
  }
  return graph.apply('Concat', [rest, ...gradients], { axis: { int: 1 } });
}

/**
 * The largest value of tiles side by side, of images whose memory is [..., height, width, lane] (`_tile`); `_shape` is the
 * shape of the output. First along the width, then along the height: so the first of equal values in reading order has
 * the gradient, as in PyTorch.
 */
export const tileMaxPool = defineOperator({
  name: 'TileMaxPool',
  build({ graph, inputs: [x], attributes }) {
    const { height, width, lane, down, across } = tilesOf(attributes);
    const images = sizeOf(x!.shape) / (height * width * lane);
    const columns = largest(graph, view(graph, x!, [images * height * (width / across), across, lane]), across);
    const narrow = view(graph, columns.at(-1)!, [images * (height / down), down, (width / across) * lane]);
    const rows = largest(graph, narrow, down);
    const pooled = view(graph, rows.at(-1)!, intsOf(attributes, '_shape')!);
    return [pooled, ...columns, ...rows];
  },
  gradient({ graph, inputs: [x], outputs, attributes, gradient }) {
    const { height, width, lane, down, across } = tilesOf(attributes);
    const images = sizeOf(x!.shape) / (height * width * lane);
    const [columns, rows] = [outputs.slice(1, 1 + across), outputs.slice(1 + across)];
    const arriving = view(graph, gradient, [images * (height / down), 1, (width / across) * lane]);
    const wide = back(graph, arriving, rows);
    const lines = view(graph, wide, [images * height * (width / across), 1, lane]);
    return view(graph, back(graph, lines, columns), x!.shape);
  },
});
