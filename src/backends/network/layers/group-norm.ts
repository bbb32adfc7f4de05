import {
  expectFloats,
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  optionalNumber,
  positiveInteger,
  printSignature,
  sizeOf,
} from '../layer-definition.ts';

/** Mean 0 and variance 1 of each group of channels of a sample, then scale and shift of each channel (Wu and He, 2018). */
export interface GroupNormLayer extends LayerPlace {
  readonly kind: 'group-norm';
  /** Must divide the channels. */
  readonly groups: number;
  /** Added to the variance. @default 1e-5 */
  readonly epsilon?: number;
}

/** Normalises each of `groups` groups of channels over all positions of a sample. */
export function groupNorm(groups: number, options: Omit<GroupNormLayer, 'kind' | 'groups'> = {}): GroupNormLayer {
  return { ...options, kind: 'group-norm', groups };
}

export const groupNormDefinition: LayerDefinition<GroupNormLayer> = {
  arity: [1, 1],
  options: { groups: positiveInteger, epsilon: optionalNumber(0, 1) },
  infer({ groups }, [input]) {
    expectFloats(input!);
    const channels = input!.shape.at(-1) ?? 0;
    if (input!.shape.length < 2) {
      throw new LayerProblem(`expected positions and channels, [..., channels], got ${printSignature(input!)}`);
    }
    if (channels % groups !== 0) throw new LayerProblem(`expected ${groups} groups to divide ${channels} channels`);
    const vector = (name: string, value: number) =>
      ({ name, shape: [channels], initial: { kind: 'constant', value }, isTrained: true, isDecayed: false }) as const;
    return {
      output: input!,
      parameters: [vector('scale', 1), vector('shift', 0)],
      flops: 8 * sizeOf(input!.shape),
    };
  },
};
