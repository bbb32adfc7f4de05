import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  optionalNumber,
  printSignature,
  sizeOf,
} from '../layer-definition.ts';

/** Adds a trained vector to each position: float32 [positions, width] → the same shape. */
export interface PositionsLayer extends LayerPlace {
  readonly kind: 'positions';
  /** Standard deviation of the vectors at the start. @default 0.02 */
  readonly deviation?: number;
}

/** Adds a trained vector to each position of a sequence. */
export function positions(options: Omit<PositionsLayer, 'kind'> = {}): PositionsLayer {
  return { ...options, kind: 'positions' };
}

export const positionsDefinition: LayerDefinition<PositionsLayer> = {
  arity: [1, 1],
  options: { deviation: optionalNumber(0, 100) },
  infer({ deviation = 0.02 }, [input]) {
    if (input!.dtype !== 'float32' || input!.shape.length !== 2) {
      throw new LayerProblem(`expected float32 [positions, width], got ${printSignature(input!)}`);
    }
    const initial = { kind: 'normal', deviation } as const;
    return {
      output: input!,
      parameters: [{ name: 'weight', shape: input!.shape, initial, isTrained: true, isDecayed: false }],
      flops: sizeOf(input!.shape),
    };
  },
};
