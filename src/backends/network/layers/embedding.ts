import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  optionalNumber,
  positiveInteger,
  printSignature,
  sizeOf,
} from '../layer-definition.ts';

/** A table of vectors: int64 [...] of row numbers → float32 [..., width]. */
export interface EmbeddingLayer extends LayerPlace {
  readonly kind: 'embedding';
  /** Rows of the table; inputs are from 0 to entries − 1. */
  readonly entries: number;
  readonly width: number;
  /** Standard deviation of the entries at the start. @default 1, as in PyTorch's `Embedding` */
  readonly deviation?: number;
}

/** A trained vector of `width` values for each of `entries` ids or categories. */
export function embedding(options: Omit<EmbeddingLayer, 'kind'>): EmbeddingLayer {
  return { ...options, kind: 'embedding' };
}

export const embeddingDefinition: LayerDefinition<EmbeddingLayer> = {
  arity: [1, 1],
  options: { entries: positiveInteger, width: positiveInteger, deviation: optionalNumber(0, 100) },
  infer({ entries, width, deviation = 1 }, [input]) {
    if (input!.dtype !== 'int64') throw new LayerProblem(`expected int64 row numbers, got ${printSignature(input!)}`);
    return {
      output: { dtype: 'float32', shape: [...input!.shape, width] },
      parameters: [
        {
          name: 'weight',
          shape: [entries, width],
          initial: { kind: 'normal', deviation },
          isTrained: true,
          isDecayed: false,
        },
      ],
      flops: sizeOf(input!.shape) * width,
    };
  },
  integers: ({ entries }) => [[entries]],
};
