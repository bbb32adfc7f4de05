import { expectFloats, type LayerDefinition, type LayerPlace, optionalNumber, sizeOf } from '../layer-definition.ts';

/** Functions that are applied to each value; `softmax` to each vector of the last axis. */
export const activations = ['relu', 'leaky-relu', 'gelu', 'silu', 'tanh', 'sigmoid', 'softplus', 'softmax'] as const;

/** The name of an activation. */
export type ActivationName = (typeof activations)[number];

/** An activation. */
export interface ActivationLayer extends LayerPlace {
  readonly kind: 'activation';
  readonly activation: ActivationName;
  /** Slope below zero of `leaky-relu`. @default 0.01 */
  readonly slope?: number;
}

const make =
  (activation: ActivationName) =>
  (place: LayerPlace = {}): ActivationLayer => ({
    ...place,
    kind: 'activation',
    activation,
  });

/** max(x, 0). */
export const relu = make('relu');
/** x · Φ(x), by the error function (Hendrycks and Gimpel, 2016). */
export const gelu = make('gelu');
/** x · sigmoid(x). */
export const silu = make('silu');
/** The hyperbolic tangent. */
export const tanh = make('tanh');
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = make('sigmoid');
/** log(1 + eˣ). */
export const softplus = make('softplus');
/** eˣ, scaled to the sum 1 along the last axis. */
export const softmax = make('softmax');

/** x above zero, `slope` · x below. */
export function leakyRelu(slope = 0.01, place: LayerPlace = {}): ActivationLayer {
  return { ...place, kind: 'activation', activation: 'leaky-relu', slope };
}

/** Counted operations per value. */
const cost: Readonly<Record<ActivationName, number>> = {
  relu: 1,
  'leaky-relu': 2,
  gelu: 12,
  silu: 6,
  tanh: 8,
  sigmoid: 5,
  softplus: 8,
  softmax: 6,
};

export const activationDefinition: LayerDefinition<ActivationLayer> = {
  arity: [1, 1],
  options: {
    activation: (value) =>
      activations.includes(value as ActivationName) ? undefined : `one of ${activations.join(', ')}`,
    slope: optionalNumber(0, 1),
  },
  infer({ activation }, [input]) {
    expectFloats(input!);
    return { output: input!, parameters: [], flops: cost[activation] * sizeOf(input!.shape) };
  },
};
