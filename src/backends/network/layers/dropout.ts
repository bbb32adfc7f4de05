import { expectFloats, type LayerDefinition, type LayerPlace, optionalNumber, sizeOf } from '../layer-definition.ts';

/** Sets values to zero at random while training, and scales the others up; does nothing when predicting. */
export interface DropoutLayer extends LayerPlace {
  readonly kind: 'dropout';
  /** The share that is set to zero. */
  readonly rate: number;
}

/** Sets a share `rate` of the values to zero while training (Srivastava et al., 2014). */
export function dropout(rate: number, place: LayerPlace = {}): DropoutLayer {
  return { ...place, kind: 'dropout', rate };
}

export const dropoutDefinition: LayerDefinition<DropoutLayer> = {
  arity: [1, 1],
  options: { rate: (value) => (value === undefined ? 'a number' : optionalNumber(0, 1)(value)) },
  infer(_, [input]) {
    expectFloats(input!);
    return { output: input!, parameters: [], flops: 2 * sizeOf(input!.shape) };
  },
};
