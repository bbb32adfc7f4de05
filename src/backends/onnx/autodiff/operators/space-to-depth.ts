import { defineOperator, intOf, unfit } from '../operator.ts';

/** Tiles of pixels to channels. [N, C, H, W] → [N, C·b², H / b, W / b]; the gradient goes the other way. */
export const spaceToDepth = defineOperator({
  name: 'SpaceToDepth',
  infer([x], attributes) {
    const block = intOf(attributes, 'blocksize', 0);
    const [batch, channels, height, width] = x!.shape;
    if (x!.shape.length !== 4 || block < 1 || height! % block !== 0 || width! % block !== 0) {
      throw unfit('SpaceToDepth', `blocks of ${block} do not fit [${x!.shape}]`);
    }
    return [{ type: x!.type, shape: [batch!, channels! * block * block, height! / block, width! / block] }];
  },
  gradient: ({ graph, attributes, gradient }) => graph.apply('DepthToSpace', [gradient], attributes),
});
