import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  type ParameterSpec,
  positiveInteger,
  printSignature,
  type Signature,
  sizeOf,
} from '../layer-definition.ts';

/** A vector for each number of a table's row: x·weight + bias; float32 [numbers] → [numbers, width]. */
export interface FeatureTokensLayer extends LayerPlace {
  readonly kind: 'feature-tokens';
  readonly width: number;
}

/** Puts a trained vector before a sequence: float32 [positions, width] → [positions + 1, width]. */
export interface ClassTokenLayer extends LayerPlace {
  readonly kind: 'class-token';
}

/** One position of a sequence: float32 [positions, width] → [width]. */
export interface TakeTokenLayer extends LayerPlace {
  readonly kind: 'take-token';
  /** From 0; negative ones count from the end. */
  readonly position: number;
}

/** The mean of a sequence, of those positions that an int64 mask [positions] has as 1 where `from` names one too. */
export interface AverageTokensLayer extends LayerPlace {
  readonly kind: 'average-tokens';
}

/** A vector of `width` values for each number of a table's row (FT-Transformer: Gorishniy et al., 2021). */
export function featureTokens(width: number, place: LayerPlace = {}): FeatureTokensLayer {
  return { ...place, kind: 'feature-tokens', width };
}

/** Puts a trained vector before a sequence, from which a class is told (BERT: Devlin et al., 2019). */
export function classToken(place: LayerPlace = {}): ClassTokenLayer {
  return { ...place, kind: 'class-token' };
}

/** One position of a sequence; 0 is the class token. */
export function takeToken(position: number, place: LayerPlace = {}): TakeTokenLayer {
  return { ...place, kind: 'take-token', position };
}

/** The mean over a sequence; a mask of padding may be the second of `from`. */
export function averageTokens(place: LayerPlace = {}): AverageTokensLayer {
  return { ...place, kind: 'average-tokens' };
}

function sequence(input: Signature): readonly [number, number] {
  if (input.dtype !== 'float32' || input.shape.length !== 2) {
    throw new LayerProblem(`expected float32 [positions, width], got ${printSignature(input)}`);
  }
  return [input.shape[0]!, input.shape[1]!];
}

const vectors = (name: string, shape: readonly number[], limit: number): ParameterSpec => ({
  name,
  shape,
  initial: { kind: 'uniform', limit },
  isTrained: true,
  isDecayed: false,
});

/** Uniform in ±1/√width, as in the authors' code. */
export const featureTokensDefinition: LayerDefinition<FeatureTokensLayer> = {
  arity: [1, 1],
  options: { width: positiveInteger },
  infer({ width }, [input]) {
    if (input!.dtype !== 'float32' || input!.shape.length !== 1) {
      throw new LayerProblem(`expected float32 [numbers], got ${printSignature(input!)}`);
    }
    const shape = [input!.shape[0]!, width];
    const limit = 1 / Math.sqrt(width);
    return {
      output: { dtype: 'float32', shape },
      parameters: [vectors('weight', shape, limit), vectors('bias', shape, limit)],
      flops: 2 * sizeOf(shape),
    };
  },
};

export const classTokenDefinition: LayerDefinition<ClassTokenLayer> = {
  arity: [1, 1],
  options: {},
  infer(_, [input]) {
    const [positions, width] = sequence(input!);
    return {
      output: { dtype: 'float32', shape: [positions + 1, width] },
      parameters: [vectors('weight', [width], 1 / Math.sqrt(width))],
      flops: 0,
    };
  },
};

export const takeTokenDefinition: LayerDefinition<TakeTokenLayer> = {
  arity: [1, 1],
  options: { position: (value) => (Number.isSafeInteger(value) ? undefined : 'an integer') },
  infer({ position }, [input]) {
    const [positions, width] = sequence(input!);
    if (position >= positions || position < -positions) {
      throw new LayerProblem(`expected a position of ${positions}, got ${position}`);
    }
    return { output: { dtype: 'float32', shape: [width] }, parameters: [], flops: 0 };
  },
};

export const averageTokensDefinition: LayerDefinition<AverageTokensLayer> = {
  arity: [1, 2],
  options: {},
  infer(_, [input, mask]) {
    const [positions, width] = sequence(input!);
    if (mask !== undefined && (mask.dtype !== 'int64' || mask.shape.length !== 1 || mask.shape[0] !== positions)) {
      throw new LayerProblem(`expected a mask int64 [${positions}], got ${printSignature(mask)}`);
    }
    return { output: { dtype: 'float32', shape: [width] }, parameters: [], flops: 2 * positions * width };
  },
  integers: (_, signatures) => signatures.map(({ dtype }) => (dtype === 'int64' ? 'mask' : undefined)),
};
