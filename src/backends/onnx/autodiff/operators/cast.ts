import { defineOperator, intOf, unfit } from '../operator.ts';
import type { ValueType } from '../value.ts';

const types: Readonly<Record<number, ValueType>> = { 1: 'float', 6: 'int32', 7: 'int64', 9: 'bool', 11: 'double' };

/** Another element type, by the number that ONNX gives it; gradients go back between floating types alone. */
export const cast = defineOperator({
  name: 'Cast',
  infer([x], attributes) {
    const type = types[intOf(attributes, 'to', 0)];
    if (type === undefined) throw unfit('Cast', 'expected to be float, double, int32, int64 or bool');
    return [{ type, shape: x!.shape }];
  },
  gradient({ graph, inputs: [x], outputs: [y], gradient }) {
    if (y!.type !== 'float' && y!.type !== 'double') return undefined;
    return graph.apply('Cast', [gradient], { to: { int: x!.type === 'double' ? 11 : 1 } });
  },
});
