import { defineOperator, intOf, unfit } from '../operator.ts';
import type { Attributes } from '../value.ts';

const isRowFirst = ({ mode }: Attributes): boolean => mode !== undefined && 'string' in mode && mode.string === 'CRD';

/** Channels to tiles of pixels. [N, C, H, W] → [N, C / b², H·b, W·b]; the gradient goes the other way. */
export const depthToSpace = defineOperator({
  name: 'DepthToSpace',
  infer([x], attributes) {
    const block = intOf(attributes, 'blocksize', 0);
    const [batch, channels, height, width] = x!.shape;
    if (x!.shape.length !== 4 || block < 1 || channels! % (block * block) !== 0) {
      throw unfit('DepthToSpace', `blocks of ${block} do not fit [${x!.shape}]`);
    }
    return [{ type: x!.type, shape: [batch!, channels! / (block * block), height! * block, width! * block] }];
  },
  gradient({ graph, inputs: [x], attributes, gradient }) {
    const block = intOf(attributes, 'blocksize', 0);
    if (!isRowFirst(attributes)) {
      return graph.apply('SpaceToDepth', [gradient], { blocksize: { int: block } });
    }
    // Channel first, then the tile: [N, C', H, b, W, b] → [N, C', b, b, H, W].
    const [batch, channels, height, width] = gradient.shape;
    const tiles = [batch!, channels!, height! / block, block, width! / block, block];
    const split = graph.apply('Reshape', [gradient, graph.ints(tiles)]);
    const moved = graph.apply('Transpose', [split], { perm: { ints: [0, 1, 3, 5, 2, 4] } });
    return graph.apply('Reshape', [moved, graph.ints(x!.shape)]);
  },
});
