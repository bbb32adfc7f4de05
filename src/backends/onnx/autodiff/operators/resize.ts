import { type AxisMap, axisMap, backThrough } from '../axis-maps.ts';
import { defineOperator, integersOf, intOf, unfit } from '../operator.ts';
import type { Attributes, Value } from '../value.ts';

const textOf = (attributes: Attributes, name: string, otherwise: string): string => {
  const attribute = attributes[name];
  return attribute !== undefined && 'string' in attribute ? attribute.string : otherwise;
};

/** Factors by axis: the third input, or from the sizes in the fourth. */
function scalesOf([x, , scales, sizes]: readonly Value[]): readonly number[] {
  const given = scales === undefined ? [] : integersOf('Resize', scales);
  if (given.length > 0) return given;
  if (sizes === undefined) throw unfit('Resize', 'expected scales or sizes as constants');
  return integersOf('Resize', sizes).map((size, axis) => size / x!.shape[axis]!);
}

/** Where an output position lies among the inputs. */
function place(mode: string, at: number, scale: number, size: number, outputs: number): number {
  switch (mode) {
    case 'asymmetric':
      return at / scale;
    case 'align_corners':
      return outputs === 1 ? 0 : (at * (size - 1)) / (outputs - 1);
    case 'pytorch_half_pixel':
      return outputs === 1 ? 0 : (at + 0.5) / scale - 0.5;
    case 'half_pixel':
      return (at + 0.5) / scale - 0.5;
    default:
      throw unfit('Resize', `coordinate_transformation_mode ${mode} is not supported`);
  }
}

const roundings: Readonly<Record<string, (position: number) => number>> = {
  round_prefer_floor: (position) => Math.ceil(position - 0.5),
  round_prefer_ceil: (position) => Math.floor(position + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The inputs, with their weights, that each output along one axis is made of. */
function mapOf(size: number, outputs: number, scale: number, attributes: Attributes): AxisMap {
  const coordinates = textOf(attributes, 'coordinate_transformation_mode', 'half_pixel');
  const isLinear = textOf(attributes, 'mode', 'nearest') === 'linear';
  const round = roundings[textOf(attributes, 'nearest_mode', 'round_prefer_floor')]!;
  const within = (position: number) => Math.min(size - 1, Math.max(0, position));
  return axisMap(outputs, size, (at) => {
    const position = place(coordinates, at, scale, size, outputs);
    if (!isLinear) return [[within(round(position)), 1]];
    const left = Math.floor(within(position));
    const weight = within(position) - left;
    return [
      [left, 1 - weight],
      [within(left + 1), weight],
    ];
  });
}

/** Another number of values on each axis, the nearest or between two. Inputs: x, roi (unused), scales, sizes. */
export const resize = defineOperator({
  name: 'Resize',
  infer(inputs, attributes) {
    const mode = textOf(attributes, 'mode', 'nearest');
    if (!['nearest', 'linear'].includes(mode)) throw unfit('Resize', `mode ${mode} is not supported`);
    if (intOf(attributes, 'antialias', 0) !== 0) throw unfit('Resize', 'antialias is not supported');
    const [x] = inputs;
    const scales = scalesOf(inputs);
    if (scales.length !== x!.shape.length) throw unfit('Resize', `expected one scale for each axis of [${x!.shape}]`);
    // Sizes that were given come back from their quotients but for a rounding.
    return [{ type: x!.type, shape: x!.shape.map((size, axis) => Math.floor(size * scales[axis]! + 1e-9)) }];
  },
  gradient({ graph, inputs, outputs: [y], attributes, gradient }, index) {
    if (index !== 0) return undefined;
    const [x] = inputs;
    const scales = scalesOf(inputs);
    const maps = x!.shape.map((size, axis) =>
      scales[axis] === 1 ? undefined : mapOf(size, y!.shape[axis]!, scales[axis]!, attributes),
    );
    return backThrough(graph, gradient, maps);
  },
});
