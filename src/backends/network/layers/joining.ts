import {
  expectFloats,
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  printSignature,
  type Signature,
  sizeOf,
} from '../layer-definition.ts';

/** Joins its inputs along the last axis. */
export interface ConcatenateLayer extends LayerPlace {
  readonly kind: 'concatenate';
}

/** The sum of its inputs, which have one shape. */
export interface AddLayer extends LayerPlace {
  readonly kind: 'add';
}

/** The product of its inputs, which have one shape. */
export interface MultiplyLayer extends LayerPlace {
  readonly kind: 'multiply';
}

/** Where a joining layer takes its values. */
type Sources = LayerPlace & { readonly from: readonly string[] };

/** Joins the named inputs and layers along the last axis. */
export function concatenate(place: Sources): ConcatenateLayer {
  return { ...place, kind: 'concatenate' };
}

/** Adds the named inputs and layers. */
export function add(place: Sources): AddLayer {
  return { ...place, kind: 'add' };
}

/** Multiplies the named inputs and layers. */
export function multiply(place: Sources): MultiplyLayer {
  return { ...place, kind: 'multiply' };
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);

function listOf(inputs: readonly Signature[]): string {
  return inputs.map(printSignature).join(' and ');
}

function elementwise<L>(): LayerDefinition<L> {
  return {
    arity: [2, 64],
    options: {},
    infer(_, inputs) {
      const [first] = inputs;
      for (const input of inputs) expectFloats(input);
      if (!inputs.every(({ shape }) => sameShape(shape, first!.shape))) {
        throw new LayerProblem(`expected inputs of one shape, got ${listOf(inputs)}`);
      }
      return { output: first!, parameters: [], flops: (inputs.length - 1) * sizeOf(first!.shape) };
    },
  };
}

export const addDefinition = elementwise<AddLayer>();
export const multiplyDefinition = elementwise<MultiplyLayer>();

export const concatenateDefinition: LayerDefinition<ConcatenateLayer> = {
  arity: [2, 1024],
  options: {},
  infer(_, inputs) {
    const head = inputs[0]!.shape.slice(0, -1);
    for (const input of inputs) expectFloats(input);
    if (!inputs.every(({ shape }) => shape.length > 0 && sameShape(shape.slice(0, -1), head))) {
      throw new LayerProblem(`expected inputs that differ in the last axis alone, got ${listOf(inputs)}`);
    }
    const width = inputs.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
    return { output: { dtype: 'float32', shape: [...head, width] }, parameters: [], flops: 0 };
  },
};
