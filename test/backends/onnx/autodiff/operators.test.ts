import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gradientsOf } from '../../../../src/backends/onnx/autodiff/gradients.ts';
import { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import { operators } from '../../../../src/backends/onnx/autodiff/operators.ts';
import { imageOperatorCases } from './image-operator-cases.ts';
import { layoutOperatorCases } from './layout-operator-cases.ts';
import { operatorCases as plainCases } from './operator-cases.ts';
import { runner } from './run-graph.ts';
import { sequenceOperatorCases } from './sequence-operator-cases.ts';

interface Stored {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly output: { readonly shape: readonly number[]; readonly data: readonly number[] };
  readonly arriving: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/engine/${name}`, import.meta.url), 'utf8')) as Record<
    string,
    Stored
  >;

// A table of cases and its fixture for each family of operators.
const operatorCases = { ...plainCases, ...sequenceOperatorCases, ...imageOperatorCases, ...layoutOperatorCases };
const fixture = {
  ...read('operators.json'),
  ...read('sequence-operators.json'),
  ...read('image-operators.json'),
  ...read('layout-operators.json'),
};

/** The largest difference, relative to values above 1. */
function distance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!) / Math.max(1, Math.abs(b[i]!))), 0);
}

const uses = Object.entries(operatorCases).flatMap(([name, operatorCase]) =>
  (operatorCase.types ?? (['float', 'double'] as const)).map((type) => ({ name, type, operatorCase })),
);

describe('operators', () => {
  it('each has a case, and each case of the fixture is used', () => {
    expect(Object.keys(operatorCases).sort()).toEqual(Object.keys(fixture).sort());
    const cased = new Set(Object.keys(operatorCases).map((name) => name.split(' ')[0]));
    // The runtime's own, on blocks, are what the cases of blocks are made of.
    expect([...operators.keys()].filter((name) => !cased.has(name) && !name.startsWith('nchwc.'))).toEqual([]);
  });

  it.each(uses)(
    '$name ($type) agrees with PyTorch and with finite differences',
    async ({ name, type, operatorCase }) => {
      const stored = fixture[name]!;
      const graph = new Graph();
      const inputs = stored.inputs.map(({ shape }, i) => graph.input(`in${i}`, type, shape));
      const output = operatorCase.build(graph, inputs);
      expect(output.shape).toEqual(stored.output.shape);
      const arriving = graph.input('arriving', type, output.shape);
      const scalar = graph.apply('ReduceSum', [graph.apply('Mul', [output, arriving])], { keepdims: { int: 0 } });
      const gradients = gradientsOf(graph, scalar, inputs);
      expect(gradients.map(({ shape }) => shape)).toEqual(inputs.map(({ shape }) => shape));

      const run = await runner(graph, [...inputs, arriving], [scalar, output, ...gradients]);
      const given = [...stored.inputs.map(({ data }) => data), stored.arriving];
      const [, made, ...found] = await run(given);
      const tolerance = type === 'double' ? 1e-8 : 2e-6;
      expect(distance(made!, stored.output.data)).toBeLessThan(tolerance);
      for (const [i, gradient] of found.entries()) {
        expect(distance(gradient, stored.gradients[i]!), `gradient ${i}`).toBeLessThan(tolerance);
      }
      if (operatorCase.isCorner) return;

      const [h, close] = type === 'double' ? [1e-6, 1e-7] : [1 / 64, 5e-3];
      for (const [i, values] of stored.inputs.entries()) {
        const slopes: number[] = [];
        for (const at of values.data.keys()) {
          const moved = (by: number) => given.map((data, j) => (j === i ? data.with(at, data[at]! + by) : data));
          const [above, below] = [await run(moved(h)), await run(moved(-h))];
          slopes.push((above[0]![0]! - below[0]![0]!) / (2 * h));
        }
        expect(distance(slopes, found[i]!), `slope ${i}`).toBeLessThan(close);
      }
    },
  );
});
