import {
  expectFeatures,
  type LayerDefinition,
  type LayerPlace,
  optionalNumber,
  type ParameterSpec,
  sizeOf,
} from '../layer-definition.ts';

interface NormalisationOptions extends LayerPlace {
  /** Added to the variance. @default 1e-5 */
  readonly epsilon?: number;
}

/** Mean 0 and variance 1 along the last axis of each sample, then scale and shift (Ba et al., 2016). */
export interface LayerNormLayer extends NormalisationOptions {
  readonly kind: 'layer-norm';
}

/** Mean square 1 along the last axis of each sample, then scale (Zhang and Sennrich, 2019). */
export interface RmsNormLayer extends NormalisationOptions {
  readonly kind: 'rms-norm';
}

/** Mean 0 and variance 1 of each feature over the batch (Ioffe and Szegedy, 2015); running statistics predict. */
export interface BatchNormLayer extends NormalisationOptions {
  readonly kind: 'batch-norm';
  /** The weight of a new batch in the running statistics. @default 0.1 */
  readonly momentum?: number;
}

/** Normalises the last axis of each sample to mean 0 and variance 1. */
export function layerNorm(options: NormalisationOptions = {}): LayerNormLayer {
  return { ...options, kind: 'layer-norm' };
}

/** Normalises the last axis of each sample to mean square 1. */
export function rmsNorm(options: NormalisationOptions = {}): RmsNormLayer {
  return { ...options, kind: 'rms-norm' };
}

/** Normalises each feature (the last axis) over the batch and all other axes. */
export function batchNorm(options: Omit<BatchNormLayer, 'kind'> = {}): BatchNormLayer {
  return { ...options, kind: 'batch-norm' };
}

/** Epsilon of the three where none is given, as in PyTorch's layers. */
export const defaultEpsilon = 1e-5;

/** Momentum of {@link BatchNormLayer} where none is given. */
export const defaultMomentum = 0.1;

function vector(name: string, width: number, value: number, isTrained = true): ParameterSpec {
  return { name, shape: [width], initial: { kind: 'constant', value }, isTrained, isDecayed: false };
}

function normalisation<L extends NormalisationOptions>(
  flopsPerValue: number,
  parameters: (width: number) => readonly ParameterSpec[],
  more: LayerDefinition<L>['options'] = {},
): LayerDefinition<L> {
  return {
    arity: [1, 1],
    options: { epsilon: optionalNumber(0, 1), ...more },
    infer(_, [input]) {
      const width = expectFeatures(input!);
      return { output: input!, parameters: parameters(width), flops: flopsPerValue * sizeOf(input!.shape) };
    },
  };
}

export const layerNormDefinition = normalisation<LayerNormLayer>(8, (width) => [
  vector('scale', width, 1),
  vector('shift', width, 0),
]);

export const rmsNormDefinition = normalisation<RmsNormLayer>(4, (width) => [vector('scale', width, 1)]);

export const batchNormDefinition = normalisation<BatchNormLayer>(
  8,
  (width) => [
    vector('scale', width, 1),
    vector('shift', width, 0),
    vector('running-mean', width, 0, false),
    vector('running-variance', width, 1, false),
  ],
  { momentum: optionalNumber(0, 1) },
);
