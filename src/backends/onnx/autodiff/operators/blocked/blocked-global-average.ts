import { cutTo, padTo, view } from '../../blocks.ts';
import { defineOperator, intOf } from '../../operator.ts';

/** The mean of each channel of images in blocks: → [N, C, 1, 1], C being `_channels`. */
export const blockedGlobalAverage = defineOperator({
  name: 'BlockedGlobalAverage',
  build({ graph, inputs: [x], attributes }) {
    const [batch, stored] = x!.shape as [number, number];
    const means = graph.apply('nchwc.GlobalAveragePool', [x!], { _shape: { ints: [batch, stored, 1, 1] } });
    return [cutTo(graph, means, [batch, intOf(attributes, '_channels', stored), 1, 1])];
  },
  gradient({ graph, inputs: [x], attributes, gradient }) {
    const [batch, stored, height, width] = x!.shape as [number, number, number, number];
    const block = intOf(attributes, '_block', 16);
    const share = graph.apply('Mul', [gradient, graph.scalar(1 / (height * width), gradient)]);
    const lanes = view(graph, padTo(graph, share, [batch, stored, 1, 1]), [batch * (stored / block), 1, block]);
    const spread = graph.apply('Expand', [lanes, graph.ints([batch * (stored / block), height * width, block])]);
    return view(graph, spread, x!.shape);
  },
});
