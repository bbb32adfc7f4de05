import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRuntime } from '../../../src/backends/onnx/load-runtime.ts';
import { decodeModel } from '../../../src/onnx/decode.ts';
import { encodeModel } from '../../../src/onnx/encode.ts';
import { createGraphBuilder, type GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import type { OnnxGraph, OnnxModel } from '../../../src/onnx/model.ts';
import { foldConstants } from '../../../src/onnx/passes/fold-constants.ts';
import { fusePatterns } from '../../../src/onnx/passes/fuse-patterns.ts';
import type { GraphPass } from '../../../src/onnx/passes/graph-pass.ts';
import { normaliseOperators } from '../../../src/onnx/passes/normalise-operators.ts';
import { orderNodes } from '../../../src/onnx/passes/order-nodes.ts';
import { removeDeadCode } from '../../../src/onnx/passes/remove-dead-code.ts';
import { shareSubexpressions } from '../../../src/onnx/passes/share-subexpressions.ts';
import { turnWeights } from '../../../src/onnx/passes/turn-weights.ts';

const unary = ['Tanh', 'Neg', 'Abs', 'Identity', 'Sigmoid', 'Relu', 'Floor', 'Transpose', 'Dropout'];
const binary = ['Add', 'Sub', 'Mul', 'Min', 'Max'];
const gelu = (graph: GraphBuilder, x: string, form: number): string => {
  const scaled =
    form % 2 === 0
      ? graph.node('Div', [x, graph.floats([Math.SQRT2], [])])
      : graph.node('Mul', [graph.floats([Math.SQRT1_2], []), x]);
  const more = graph.node('Add', [graph.node('Erf', [scaled]), graph.floats([1], [])]);
  const half = graph.floats([0.5], []);
  if (form < 2) return graph.node('Mul', [graph.node('Mul', [x, more]), half]);
  if (form < 4) return graph.node('Mul', [graph.node('Mul', [half, x]), more]);
  return graph.node('Mul', [x, graph.node('Mul', [more, half])]);
};
const layerNorm = (graph: GraphBuilder, x: string, form: number): string => {
  const axes = graph.ints([-1]);
  const centred = graph.node('Sub', [x, graph.node('ReduceMean', [x, axes])]);
  const square =
    form % 2 === 0 ? graph.node('Pow', [centred, graph.floats([2], [])]) : graph.node('Mul', [centred, centred]);
  const sum = graph.node('Add', [graph.node('ReduceMean', [square, axes]), graph.floats([1e-3], [])]);
  const normal = graph.node('Div', [centred, graph.node('Sqrt', [sum])]);
  const scaled = graph.node('Mul', form < 3 ? [normal, graph.floats([1, 2, 3])] : [graph.floats([1, 2, 3]), normal]);
  return graph.node('Add', [scaled, graph.floats([0.1, 0.2, 0.3])]);
};

/** A random graph on x [3, 3]: operators on earlier values and constants, some of them computed, some repeated, some dead. */
function randomGraph(choices: readonly (readonly [number, number, number])[]): OnnxModel {
  const graph = createGraphBuilder();
  const x = graph.input('x', 'float', [3, 3]);
  const values = [x, graph.floats([0.5, -1, 2], [3]), graph.floats([1, -2, 3, 0, 5, -6, 7, 8, 9], [3, 3])];
  // Square throughout, so that any value goes with any other.
  const square = graph.node('Add', [graph.floats(new Float32Array(9), [3, 3]), values[1]!]);
  values.push(square);
  for (const [kind, a, b] of choices) {
    const left = values[a % values.length]!;
    const right = values[b % values.length]!;
    const which = kind % 20;
    if (which < 9) {
      const operator = unary[which]!;
      const wide = operator === 'Transpose' ? graph.node('Add', [left, square]) : left;
      values.push(graph.node(operator, [wide]));
    } else if (which < 14) values.push(graph.node(binary[which - 9]!, [left, right]));
    else if (which === 14) values.push(gelu(graph, left, b % 6));
    else if (which === 15) values.push(layerNorm(graph, left, b % 5));
    else if (which === 16) {
      // Shapes that are computed of shapes.
      const shape = graph.node(
        'Concat',
        [graph.ints([1]), graph.node('Slice', [graph.node('Shape', [square]), graph.ints([0]), graph.ints([2])])],
        { attributes: { axis: { int: 0 } } },
      );
      values.push(
        graph.node('Squeeze', [graph.node('Reshape', [graph.node('Add', [left, square]), shape]), graph.ints([0])]),
      );
    } else if (which === 17)
      values.push(graph.node('Gather', [graph.node('Add', [left, square]), graph.ints([2, 0, -2])]));
    else if (which === 18) {
      const test = graph.node('Greater', [left, right]);
      values.push(graph.node('Where', [test, left, right]));
    } else values.push(graph.node('Expand', [left, graph.ints([3, 3])]));
  }
  graph.output('first', values.at(-1)!, 'float', [-1]);
  graph.output('second', values[Math.floor(values.length / 2)]!, 'float', [-1]);
  return decodeModel(graph.build({ name: 'random' }));
}

async function run(model: OnnxModel): Promise<Record<string, Float32Array>> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(encodeModel(model), {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
  });
  const data = Float32Array.of(0.3, -1.2, 2.5, 0.7, -0.4, 1.1, -2.2, 0.9, 0.05);
  const made = await session.run({ x: new runtime.Tensor('float32', data, [3, 3]) });
  await session.release();
  return { first: made.first!.data as Float32Array, second: made.second!.data as Float32Array };
}

/** Passes, and how far what comes out may be from what did. */
const passes: readonly (readonly [string, GraphPass, number])[] = [
  ['removeDeadCode', removeDeadCode, 0],
  ['foldConstants', (graph) => foldConstants(graph), 0],
  ['shareSubexpressions', (graph) => shareSubexpressions(graph), 0],
  ['orderNodes', orderNodes, 0],
  ['turnWeights', turnWeights, 0],
  ['normaliseOperators', (graph) => normaliseOperators(graph, 21), 0],
  // One kernel rounds otherwise than nine.
  ['fusePatterns', fusePatterns, 1e-4],
  [
    'all of them',
    (graph) =>
      orderNodes(
        removeDeadCode(fusePatterns(shareSubexpressions(foldConstants(turnWeights(normaliseOperators(graph, 21)))))),
      ),
    1e-4,
  ],
];
const choices = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)), { minLength: 3, maxLength: 30 });

describe('passes', () => {
  it.each(passes)('%s leaves what random graphs give as it is', async (_, pass, tolerance) => {
    await fc.assert(
      fc.asyncProperty(choices, async (made) => {
        const model = randomGraph(made);
        const [before, after] = [await run(model), await run({ ...model, graph: pass(model.graph) })];
        for (const name of ['first', 'second'] as const) {
          expect(after[name]!.length).toBe(before[name]!.length);
          for (const [i, value] of before[name]!.entries()) {
            const got = after[name]![i]!;
            if (Object.is(got, value) || got === value) continue;
            expect(Math.abs(got - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
          }
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  const count = (graph: OnnxGraph) => graph.nodes.length;
  const graphOf = (make: (graph: GraphBuilder, x: string) => string): OnnxGraph => {
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float', [3, 3]);
    builder.output('y', make(builder, x), 'float', [3, 3]);
    return decodeModel(builder.build({ name: 'one' })).graph;
  };

  it('removeDeadCode removes what no output needs', () => {
    const graph = graphOf((builder, x) => {
      builder.node('Tanh', [builder.node('Exp', [x])]);
      return builder.node('Relu', [x]);
    });
    expect([count(graph), count(removeDeadCode(graph))]).toEqual([3, 1]);
  });

  it('foldConstants works out what depends on constants alone, and nothing that may change', () => {
    const graph = graphOf((builder, x) =>
      builder.node('Add', [x, builder.node('Mul', [builder.floats([2, 3, 4]), builder.floats([0.5], [])])]),
    );
    const folded = foldConstants(graph);
    expect(folded.nodes.map(({ operator }) => operator)).toEqual(['Add']);
    expect(count(foldConstants(graph, () => true))).toBe(2);
  });

  it('shareSubexpressions keeps one of equal nodes, by their attributes too', () => {
    const graph = graphOf((builder, x) => {
      const soft = (axis: number) => builder.node('Softmax', [x], { attributes: { axis: { int: axis } } });
      return builder.node('Add', [builder.node('Add', [soft(0), soft(0)]), soft(1)]);
    });
    expect([count(graph), count(shareSubexpressions(graph))]).toEqual([5, 4]);
  });

  it.each([0, 1, 2, 3, 4, 5])('fusePatterns finds GELU in form %i', (form) => {
    const graph = graphOf((builder, x) => gelu(builder, x, form));
    expect(fusePatterns(graph).nodes.map(({ operator }) => operator)).toEqual(['Gelu']);
  });

  it.each([0, 1, 3, 4])('fusePatterns finds layer normalisation in form %i', (form) => {
    const graph = graphOf((builder, x) => layerNorm(builder, x, form));
    expect(fusePatterns(graph).nodes.map(({ operator }) => operator)).toEqual(['LayerNormalization']);
  });

  it('orderNodes makes a value right before what takes it', () => {
    const graph = graphOf((builder, x) => {
      const made = Array.from({ length: 8 }, () => builder.node('Tanh', [x]));
      return made.reduce((sum, value) => builder.node('Add', [sum, value]));
    });
    /** The most values that are alive at once. */
    const alive = ({ nodes, outputs }: OnnxGraph): number => {
      const kept = outputs.map(({ name }) => name);
      return Math.max(
        ...nodes.map((_, at) => {
          const made = nodes.slice(0, at + 1).flatMap((node) => node.outputs);
          const taken = new Set([...kept, ...nodes.slice(at + 1).flatMap(({ inputs }) => inputs)]);
          return made.filter((name) => taken.has(name)).length;
        }),
      );
    };
    expect([alive(graph), alive(orderNodes(graph))]).toEqual([8, 2]);
  });

  it('turnWeights keeps a matrix as it is used', () => {
    const graph = graphOf((builder, x) =>
      builder.node('MatMul', [x, builder.node('Transpose', [builder.floats([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3])])]),
    );
    expect([count(graph), count(turnWeights(graph))]).toEqual([2, 1]);
  });
});
