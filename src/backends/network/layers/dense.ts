import {
  expectFeatures,
  type LayerDefinition,
  type LayerPlace,
  optionalBoolean,
  positiveInteger,
  sizeOf,
} from '../layer-definition.ts';

/** A linear map of the last axis: [..., inputs] → [..., units]. */
export interface DenseLayer extends LayerPlace {
  readonly kind: 'dense';
  readonly units: number;
  /** @default true */
  readonly bias?: boolean;
}

/** A linear map of the last axis to `units` values. */
export function dense(units: number, options: Omit<DenseLayer, 'kind' | 'units'> = {}): DenseLayer {
  return { ...options, kind: 'dense', units };
}

/** Weights and bias start uniform in ±1/√inputs, as PyTorch's `Linear` does. */
export const denseDefinition: LayerDefinition<DenseLayer> = {
  arity: [1, 1],
  options: { units: positiveInteger, bias: optionalBoolean },
  infer({ units, bias = true }, [input]) {
    const width = expectFeatures(input!);
    const rows = sizeOf(input!.shape.slice(0, -1));
    const initial = { kind: 'uniform', limit: 1 / Math.sqrt(width) } as const;
    const weight = { name: 'weight', shape: [width, units], initial, isTrained: true, isDecayed: true };
    return {
      output: { dtype: 'float32', shape: [...input!.shape.slice(0, -1), units] },
      parameters: bias
        ? [weight, { name: 'bias', shape: [units], initial, isTrained: true, isDecayed: false }]
        : [weight],
      flops: rows * units * (2 * width + (bias ? 1 : 0)),
    };
  },
};
