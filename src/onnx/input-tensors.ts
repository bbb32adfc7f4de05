import type { SignatureInput } from './signature.ts';

/** The tensors that a signature's inputs fill, with their number of columns. */
export function inputTensors(inputs: readonly SignatureInput[]): ReadonlyMap<SignatureInput['tensor'], number> {
  const counts = new Map<SignatureInput['tensor'], number>();
  // In the order in which the graph declares them.
  for (const tensor of ['numbers', 'categories', 'datetimes'] as const) {
    const count = inputs.filter((input) => input.tensor === tensor).length;
    if (count > 0) counts.set(tensor, count);
  }
  return counts;
}
