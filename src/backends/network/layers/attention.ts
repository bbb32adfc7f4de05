import {
  expectFeatures,
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  optionalBoolean,
  optionalNumber,
  type ParameterSpec,
  positiveInteger,
  printSignature,
  type Signature,
} from '../layer-definition.ts';

/**
 * Scaled dot-product attention with several heads (Vaswani et al., 2017): float32 [queries, width] → the same shape.
 *
 * `from` names what attends, then for cross-attention what is attended to (float32 [keys, any width]), then, if there is
 * padding, the mask of the keys: an int64 input [keys] of the network with 1 for what counts and 0 for padding.
 */
export interface AttentionLayer extends LayerPlace {
  readonly kind: 'attention';
  /** Divides the width. */
  readonly heads: number;
  /** Whether each position sees itself and those before it alone. @default false */
  readonly causal?: boolean;
  /** Whether queries and keys are turned by their positions (RoFormer: Su et al., 2021). @default false */
  readonly rotary?: boolean;
  /** The share of attention weights that is set to zero while training. @default 0 */
  readonly dropout?: number;
}

/** Attention with several heads. */
export function attention(heads: number, options: Omit<AttentionLayer, 'kind' | 'heads'> = {}): AttentionLayer {
  return { ...options, kind: 'attention', heads };
}

/** What an attention layer takes: its last input is a mask where it is int64, and one before it is the memory. */
export function attentionInputs<T>(inputs: readonly T[], isInteger: (input: T) => boolean) {
  const mask = inputs.length > 1 && isInteger(inputs.at(-1)!) ? inputs.at(-1) : undefined;
  const [queries, memory] = mask === undefined ? inputs : inputs.slice(0, -1);
  return { queries: queries!, memory: memory ?? queries!, mask };
}

/** [positions, width] of an input. */
function sizesOf(input: Signature): readonly [number, number] {
  expectFeatures(input);
  const [positions, width] = input.shape;
  if (input.shape.length !== 2) {
    throw new LayerProblem(`expected float32 [positions, width], got ${printSignature(input)}`);
  }
  return [positions!, width!];
}

/** Four linear maps, as in PyTorch's `MultiheadAttention` but apart: weights uniform in ±1/√inputs, biases zero. */
export const attentionDefinition: LayerDefinition<AttentionLayer> = {
  arity: [1, 3],
  options: {
    heads: positiveInteger,
    causal: optionalBoolean,
    rotary: optionalBoolean,
    dropout: optionalNumber(0, 1),
  },
  infer({ heads, causal = false, rotary = false }, inputs) {
    const { queries, memory, mask } = attentionInputs(inputs, ({ dtype }) => dtype === 'int64');
    const [count, width] = sizesOf(queries);
    const [keys, keyWidth] = sizesOf(memory);
    if (width % heads !== 0) throw new LayerProblem(`expected a width that ${heads} heads divide, got ${width}`);
    if (rotary && (width / heads) % 2 !== 0) {
      throw new LayerProblem(`expected an even width of each head for rotary positions, got ${width / heads}`);
    }
    if (causal && keys !== count) {
      throw new LayerProblem(`expected as many keys as queries where it is causal, got ${keys} and ${count}`);
    }
    if (mask !== undefined && (mask.shape.length !== 1 || mask.shape[0] !== keys)) {
      throw new LayerProblem(`expected a mask int64 [${keys}], got ${printSignature(mask)}`);
    }
    if (inputs.length === 3 && mask === undefined) {
      throw new LayerProblem(`expected a mask int64 [${keys}] as the third input, got ${printSignature(inputs[2]!)}`);
    }
    const linear = (name: string, from: number): readonly ParameterSpec[] => [
      {
        name: `${name}-weight`,
        shape: [from, width],
        initial: { kind: 'uniform', limit: 1 / Math.sqrt(from) },
        isTrained: true,
        isDecayed: true,
      },
      {
        name: `${name}-bias`,
        shape: [width],
        initial: { kind: 'constant', value: 0 },
        isTrained: true,
        isDecayed: false,
      },
    ];
    return {
      output: queries,
      parameters: [
        ...linear('query', width),
        ...linear('key', keyWidth),
        ...linear('value', keyWidth),
        ...linear('output', width),
      ],
      flops:
        4 * count * width * width + 4 * keys * keyWidth * width + 4 * count * keys * width + 6 * heads * count * keys,
    };
  },
  integers: (_, signatures) => signatures.map(({ dtype }) => (dtype === 'int64' ? 'mask' : undefined)),
};
