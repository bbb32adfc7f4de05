import { emitGraph } from '../autodiff/emit.ts';
import { encodeGraph } from '../autodiff/encode-graph.ts';
import { gradientsOf } from '../autodiff/gradients.ts';
import { Graph } from '../autodiff/graph.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import type { OpenSession } from '../train/training-session.ts';
import { layOut } from './apply-layout.ts';
import type { ImageLayout } from './image-layout.ts';
import { nchwcLayout } from './nchwc-layout.ts';

/** Blocks that runtimes are known to have: of AVX-512, and of AVX2 and NEON. */
const blocks = [16, 8] as const;

/** Runs a graph once on numbers that differ from place to place. */
async function runOnce(
  openSession: OpenSession,
  graph: Graph,
  inputs: readonly Value[],
  outputs: readonly Value[],
): Promise<Float32Array[]> {
  const named = outputs.map((value, i) => [`out${i}`, value] as const);
  await using session = await openSession(encodeGraph(emitGraph(graph, { name: 'probe', inputs, outputs: named })), 1);
  const feeds = inputs.map(({ input, shape }) => {
    // Small whole numbers: products and sums of them are exact, and means over powers of two, so both sides must agree to the last bit.
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) - 5);
    return [input!, { dtype: 'float32', data, shape }] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  return named.map(([name]) => results[name]!.data as Float32Array);
}

/** A convolution of a size that fills no block, with its gradients, in a layout or plainly. */
function tryOut(layout: ImageLayout | undefined): {
  graph: Graph;
  inputs: readonly Value[];
  outputs: readonly Value[];
} {
  const draft = new Graph();
  const x = draft.input('x', 'float', [4, 20, 4, 4]);
  const w = draft.input('w', 'float', [28, 20, 3, 3]);
  const b = draft.input('b', 'float', [28]);
  const y = draft.apply('Conv', [x, w, b], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [1, 1, 1, 1] },
  });
  const sum = draft.apply('ReduceSum', [draft.apply('Mul', [y, y])], { keepdims: { int: 0 } });
  const { graph, plainOf } = layOut(draft, layout);
  const inputs = [x, w, b].map(plainOf);
  return { graph, inputs, outputs: [plainOf(y), ...gradientsOf(graph, plainOf(sum), inputs)] };
}

/** Whether blocks of a size give what the plain operators give. */
async function isProven(openSession: OpenSession, block: number, expected: readonly Float32Array[]): Promise<boolean> {
  try {
    const { graph, inputs, outputs } = tryOut(nchwcLayout(block));
    const made = await runOnce(openSession, graph, inputs, outputs);
    return expected.every((values, i) => values.every((value, j) => value === made[i]![j]));
  } catch {
    return false; // the runtime has no such operators, or they are of another form: so it is not proven
  }
}

/** What runtimes were found to have; it does not change while a process lives. */
const probing = new WeakMap<OpenSession, Promise<number | undefined>>();

/**
 * The block of the runtime's own convolutions: one that gives, forward and backward, what the plain operators give;
 * undefined where there is none. They are internal to the runtime and promised by nobody, so each process asks once.
 */
export function probeBlock(openSession: OpenSession): Promise<number | undefined> {
  let found = probing.get(openSession);
  if (found === undefined) {
    found = probe(openSession);
    probing.set(openSession, found);
  }
  return found;
}

async function probe(openSession: OpenSession): Promise<number | undefined> {
  const { graph, inputs, outputs } = tryOut(undefined);
  const expected = await runOnce(openSession, graph, inputs, outputs);
  for (const block of blocks) if (await isProven(openSession, block, expected)) return block;
  return undefined;
}
