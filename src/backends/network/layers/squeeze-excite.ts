import {
  expectFloats,
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  type ParameterSpec,
  positiveInteger,
  printSignature,
  sizeOf,
} from '../layer-definition.ts';

/** Each channel times a gate between 0 and 1 that two dense layers make of the channels' means (Hu et al., 2018). */
export interface SqueezeExciteLayer extends LayerPlace {
  readonly kind: 'squeeze-excite';
  /** Values between the two dense layers. */
  readonly units: number;
}

/** Weighs each channel by what the means of all channels say. */
export function squeezeExcite(units: number, place: LayerPlace = {}): SqueezeExciteLayer {
  return { ...place, kind: 'squeeze-excite', units };
}

export const squeezeExciteDefinition: LayerDefinition<SqueezeExciteLayer> = {
  arity: [1, 1],
  options: { units: positiveInteger },
  infer({ units }, [input]) {
    expectFloats(input!);
    const { shape } = input!;
    const channels = shape.at(-1) ?? 0;
    if (shape.length < 2) {
      throw new LayerProblem(`expected positions and channels, [..., channels], got ${printSignature(input!)}`);
    }
    const layer = (name: string, inputs: number, outputs: number): ParameterSpec[] => {
      const initial = { kind: 'uniform', limit: 1 / Math.sqrt(inputs) } as const;
      return [
        { name: `${name}-weight`, shape: [inputs, outputs], initial, isTrained: true, isDecayed: true },
        { name: `${name}-bias`, shape: [outputs], initial, isTrained: true, isDecayed: false },
      ];
    };
    return {
      output: input!,
      parameters: [...layer('squeeze', channels, units), ...layer('excite', units, channels)],
      flops: 2 * sizeOf(shape) + 4 * channels * units + 6 * channels,
    };
  },
};
