import { defineOperator, unfit } from '../operator.ts';
import { sizeOf } from '../shapes.ts';
import type { Attributes, Value } from '../value.ts';

/** The letters of each operand and of the output. */
function termsOf(attributes: Attributes): { readonly operands: readonly string[]; readonly output: string } {
  const { equation } = attributes;
  const text = equation !== undefined && 'string' in equation ? equation.string.replaceAll(' ', '') : '';
  const parts = /^([A-Za-z,]*)->([A-Za-z]*)$/.exec(text);
  const [, left = '', output = ''] = parts ?? [];
  const operands = left.split(',');
  const repeats = (term: string) => new Set(term).size !== term.length;
  if (parts === null || repeats(output) || operands.some(repeats)) {
    throw unfit('Einsum', `expected letters with an arrow and none twice in a term, got "${text}"`);
  }
  return { operands, output };
}

function sizesOf(operands: readonly string[], inputs: readonly Value[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [i, term] of operands.entries()) {
    const shape = inputs[i]?.shape ?? [];
    const fits =
      shape.length === term.length && [...term].every((x, axis) => (sizes.get(x) ?? shape[axis]) === shape[axis]);
    if (!fits) throw unfit('Einsum', `[${shape}] does not fit "${term}"`);
    for (const [axis, letter] of [...term].entries()) sizes.set(letter, shape[axis]!);
  }
  return sizes;
}

/**
 * Sums of products by Einstein's notation. The gradient of an operand is the sum of products of the arriving gradient
 * and the other operands, with the operand's letters as output; letters that it alone has were summed, so they broadcast.
 */
export const einsum = defineOperator({
  name: 'Einsum',
  infer(inputs, attributes) {
    const { operands, output } = termsOf(attributes);
    if (operands.length !== inputs.length)
      throw unfit('Einsum', `expected ${operands.length} operands, got ${inputs.length}`);
    const sizes = sizesOf(operands, inputs);
    const strange = [...output].find((letter) => !sizes.has(letter));
    if (strange !== undefined) throw unfit('Einsum', `no operand has the letter "${strange}"`);
    return [{ type: inputs[0]!.type, shape: [...output].map((letter) => sizes.get(letter)!) }];
  },
  gradient({ graph, inputs, attributes, gradient }, index) {
    const { operands, output } = termsOf(attributes);
    const others = operands.filter((_, i) => i !== index);
    const own = operands[index]!;
    const reached = [...own].filter(
      (letter) => output.includes(letter) || others.some((term) => term.includes(letter)),
    );
    const equation = `${[output, ...others].join(',')}->${reached.join('')}`;
    const part = graph.apply('Einsum', [gradient, ...inputs.filter((_, i) => i !== index)], {
      equation: { string: equation },
    });
    const { shape } = inputs[index]!;
    if (reached.length === own.length) return part;
    const kept = shape.map((size, axis) => (reached.includes(own[axis]!) ? size : 1));
    const wide = sizeOf(kept) === sizeOf(part.shape) ? graph.apply('Reshape', [part, graph.ints(kept)]) : part;
    return graph.apply('Expand', [wide, graph.ints(shape)]);
  },
});
