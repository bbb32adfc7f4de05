import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  positiveInteger,
  printSignature,
  sizeOf,
} from '../layer-definition.ts';

/** All values of a sample as one vector. */
export interface FlattenLayer extends LayerPlace {
  readonly kind: 'flatten';
}

/** The values of a sample in another shape, in the same row-major order. */
export interface ReshapeLayer extends LayerPlace {
  readonly kind: 'reshape';
  /** The shape of one sample, without the batch. */
  readonly shape: readonly number[];
}

/** All values of a sample as one vector. */
export function flatten(place: LayerPlace = {}): FlattenLayer {
  return { ...place, kind: 'flatten' };
}

/** The values of a sample in another shape. */
export function reshape(shape: readonly number[], place: LayerPlace = {}): ReshapeLayer {
  return { ...place, kind: 'reshape', shape };
}

export const flattenDefinition: LayerDefinition<FlattenLayer> = {
  arity: [1, 1],
  options: {},
  infer: (_, [input]) => ({
    output: { dtype: input!.dtype, shape: [sizeOf(input!.shape)] },
    parameters: [],
    flops: 0,
  }),
};

export const reshapeDefinition: LayerDefinition<ReshapeLayer> = {
  arity: [1, 1],
  options: {
    shape: (value) =>
      Array.isArray(value) && value.every((dimension) => positiveInteger(dimension) === undefined)
        ? undefined
        : 'a list of integers above 0',
  },
  infer({ shape }, [input]) {
    if (sizeOf(shape) !== sizeOf(input!.shape)) {
      throw new LayerProblem(
        `expected ${sizeOf(shape)} values for the shape [${shape.join(', ')}], got ${sizeOf(input!.shape)} of ` +
          printSignature(input!),
      );
    }
    return { output: { dtype: input!.dtype, shape }, parameters: [], flops: 0 };
  },
};
