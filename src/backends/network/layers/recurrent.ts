import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  optionalBoolean,
  type ParameterSpec,
  positiveInteger,
  printSignature,
} from '../layer-definition.ts';

interface RecurrentOptions extends LayerPlace {
  /** Values of the state. */
  readonly units: number;
  /** Whether the state after each position is given, or that after the last alone. @default true */
  readonly sequences?: boolean;
  /** Whether the sequence is read from its end. @default false */
  readonly reverse?: boolean;
}

/** Gated recurrent units (Cho et al., 2014), as PyTorch's `GRU`: float32 [positions, width] → [positions, units] or [units]. */
export interface GruLayer extends RecurrentOptions {
  readonly kind: 'gru';
}

/** Long short-term memory (Hochreiter and Schmidhuber, 1997), as PyTorch's `LSTM`; shapes as of {@link GruLayer}. */
export interface LstmLayer extends RecurrentOptions {
  readonly kind: 'lstm';
}

/** Gated recurrent units along a sequence. */
export function gru(units: number, options: Omit<GruLayer, 'kind' | 'units'> = {}): GruLayer {
  return { ...options, kind: 'gru', units };
}

/** Long short-term memory along a sequence. */
export function lstm(units: number, options: Omit<LstmLayer, 'kind' | 'units'> = {}): LstmLayer {
  return { ...options, kind: 'lstm', units };
}

/** All weights uniform in ±1/√units, as in PyTorch; gates in its order (r, z, n, or i, f, g, o). */
function recurrent<L extends RecurrentOptions>(gates: number, flopsPerUnit: number): LayerDefinition<L> {
  return {
    arity: [1, 1],
    options: { units: positiveInteger, sequences: optionalBoolean, reverse: optionalBoolean },
    infer({ units, sequences = true }, [input]) {
      const [positions, width] = input!.shape;
      if (input!.dtype !== 'float32' || input!.shape.length !== 2) {
        throw new LayerProblem(`expected float32 [positions, width], got ${printSignature(input!)}`);
      }
      const parameter = (name: string, shape: readonly number[], isDecayed: boolean): ParameterSpec => ({
        name,
        shape,
        initial: { kind: 'uniform', limit: 1 / Math.sqrt(units) },
        isTrained: true,
        isDecayed,
      });
      return {
        output: { dtype: 'float32', shape: sequences ? [positions!, units] : [units] },
        parameters: [
          parameter('input-weight', [width!, gates * units], true),
          parameter('hidden-weight', [units, gates * units], true),
          parameter('input-bias', [gates * units], false),
          parameter('hidden-bias', [gates * units], false),
        ],
        flops: positions! * units * (2 * gates * (width! + units) + flopsPerUnit),
      };
    },
  };
}

export const gruDefinition = recurrent<GruLayer>(3, 30);
export const lstmDefinition = recurrent<LstmLayer>(4, 40);
