import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeModel } from '../../../src/onnx/decode.ts';
import { createGraphBuilder } from '../../../src/onnx/graph-builder.ts';
import { goesTrue, readShapTrees, type ShapTrees, treeShap } from '../../../src/tools/explain/tree-shap.ts';
import type { Forest } from '../../../src/tools/learn/trees/forest.ts';
import { treesToGraph } from '../../../src/tools/learn/trees/trees-to-graph.ts';

type PlainTree =
  | { readonly value: number; readonly count: number }
  | { feature: number; threshold: number; missingLeft: boolean; set?: number[]; left: PlainTree; right: PlainTree };

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/shap/shap.json', import.meta.url), 'utf8')) as {
  trees: {
    task: string;
    classes: number;
    trees: PlainTree[];
    rows: (number | null)[][];
    values: number[][][];
  }[];
};

/** Trees as our own forests have them, with the rows of each leaf. */
function forestOf(trees: readonly PlainTree[], classes: number, numberCount: number, categorySizes: number[]) {
  const lists = {
    treeClass: [] as number[],
    nodeStart: [0],
    leafStart: [0],
    feature: [] as number[],
    threshold: [] as number[],
    isMissingLeft: [] as number[],
    set: [] as number[],
    left: [] as number[],
    right: [] as number[],
    leafValue: [] as number[],
    setStart: [0],
    setCodes: [] as number[],
  };
  const covers: number[] = [];
  trees.forEach((tree, t) => {
    const firstNode = lists.feature.length;
    const firstLeaf = lists.leafValue.length;
    const visit = (node: PlainTree): number => {
      if ('value' in node) {
        covers.push(node.count);
        return ~(lists.leafValue.push(node.value) - 1 - firstLeaf);
      }
      const at = lists.feature.push(node.feature) - 1;
      lists.threshold.push(node.threshold);
      lists.isMissingLeft.push(node.missingLeft ? 1 : 0);
      lists.set.push(node.set === undefined ? -1 : lists.setStart.length - 1);
      if (node.set !== undefined) {
        lists.setCodes.push(...node.set);
        lists.setStart.push(lists.setCodes.length);
      }
      lists.left.push(0);
      lists.right.push(0);
      lists.left[at] = visit(node.left);
      lists.right[at] = visit(node.right);
      return at - firstNode;
    };
    visit(tree);
    lists.treeClass.push(t % classes);
    lists.nodeStart.push(lists.feature.length);
    lists.leafStart.push(lists.leafValue.length);
  });
  const forest: Forest = {
    numberCount,
    categorySizes,
    classes,
    base: new Float64Array(classes),
    treeClass: Int32Array.from(lists.treeClass),
    nodeStart: Int32Array.from(lists.nodeStart),
    leafStart: Int32Array.from(lists.leafStart),
    feature: Int32Array.from(lists.feature),
    threshold: Float32Array.from(lists.threshold),
    isMissingLeft: Uint8Array.from(lists.isMissingLeft),
    set: Int32Array.from(lists.set),
    left: Int32Array.from(lists.left),
    right: Int32Array.from(lists.right),
    gain: new Float64Array(lists.feature.length),
    leafValue: Float32Array.from(lists.leafValue),
    setStart: Int32Array.from(lists.setStart),
    setCodes: Int32Array.from(lists.setCodes),
  };
  return { forest, covers: Float64Array.from(covers) };
}

function shapTrees(trees: readonly PlainTree[], classes: number, numberCount: number, sizes: number[] = []): ShapTrees {
  const { forest, covers } = forestOf(trees, classes, numberCount, sizes);
  const graph = createGraphBuilder();
  const numbers = graph.input('numbers', 'float', ['N', numberCount]);
  const codes = sizes.length === 0 ? {} : { codes: graph.input('codes', 'int64', ['N', sizes.length]) };
  const features = { numbers, ...codes, numberCount, categorySizes: sizes };
  graph.output('out', treesToGraph(forest, classes > 1 ? 'softmax' : 'squared', graph, features), 'float', [
    'N',
    classes,
  ]);
  const { nodes } = decodeModel(graph.build({ name: 'test' })).graph;
  return readShapTrees(nodes.find(({ operator }) => operator === 'TreeEnsemble')!, covers)!;
}

function shapOf(trees: ShapTrees, row: ArrayLike<number>, features: number, outputs: number): number[][] {
  const values = Array.from({ length: features }, () => new Array<number>(outputs).fill(0));
  treeShap(trees, row, (feature, output, value) => {
    values[feature]![output]! += value;
  });
  return values;
}

describe('SHAP values of trees', () => {
  test.each(fixture.trees)('are those of the shap package within 1e-4: $task', ({ classes, trees, rows, values }) => {
    const read = shapTrees(trees, classes, 5);
    let worst = 0;
    rows.forEach((row, r) => {
      const own = shapOf(
        read,
        row.map((value) => value ?? Number.NaN),
        5,
        classes,
      );
      own.forEach((outputs, feature) => {
        outputs.forEach((value, k) => {
          worst = Math.max(worst, Math.abs(value - values[r]![feature]![k]!));
        });
      });
    });
    expect(worst).toBeLessThan(1e-4);
    expect(Math.max(...values.flat(2).map(Math.abs))).toBeGreaterThan(0.1);
  });

  test('are the mean over all orders of features, with sets of categories, missing values and features asked twice', () => {
    const leaf = (value: number, count: number): PlainTree => ({ value, count });
    const trees: PlainTree[] = [
      {
        feature: 0,
        threshold: 3,
        missingLeft: true,
        left: {
          feature: 2,
          threshold: 0,
          missingLeft: false,
          set: [0, 2, 5],
          left: { feature: 0, threshold: 1, missingLeft: false, left: leaf(1, 3), right: leaf(-2, 9) },
          right: leaf(4, 8),
        },
        right: { feature: 1, threshold: 0.5, missingLeft: false, left: leaf(0.5, 10), right: leaf(7, 1) },
      },
    ];
    const read = shapTrees(trees, 1, 2, [6]);
    for (const row of [
      [0, 0, 2],
      [2, 1, 5],
      [Number.NaN, Number.NaN, 1],
      [9, 0.2, 0],
      [1.5, 3, 4],
    ]) {
      const own = shapOf(read, row, 3, 1).map(([value]) => value!);
      const expected = shapley(read, row, 3);
      own.forEach((value, feature) => {
        expect(value).toBeCloseTo(expected[feature]!, 10);
      });
    }
  });
});

/** By the definition: every order in which features become known. */
function shapley(trees: ShapTrees, row: ArrayLike<number>, features: number): number[] {
  const expectationOf = (known: ReadonlySet<number>): number => {
    const visit = (id: number): number => {
      if (id < 0) return trees.leafValue[~id]!;
      const [yes, no] = [trees.whenTrue[id]!, trees.whenFalse[id]!];
      if (known.has(trees.feature[id]!)) return visit(goesTrue(trees, id, row) ? yes : no);
      const cover = (child: number): number => (child < 0 ? trees.leafCover[~child]! : trees.nodeCover[child]!);
      return (cover(yes) * visit(yes) + cover(no) * visit(no)) / trees.nodeCover[id]!;
    };
    return trees.roots.reduce((sum, root) => sum + visit(root), 0);
  };
  const sums = new Array<number>(features).fill(0);
  let orders = 0;
  const permute = (rest: readonly number[], known: ReadonlySet<number>, shares: readonly number[]): void => {
    if (rest.length === 0) {
      orders++;
      shares.forEach((share, feature) => {
        sums[feature]! += share;
      });
      return;
    }
    for (const feature of rest) {
      const more = new Set([...known, feature]);
      const gain = expectationOf(more) - expectationOf(known);
      permute(
        rest.filter((other) => other !== feature),
        more,
        shares.map((share, f) => (f === feature ? gain : share)),
      );
    }
  };
  permute(
    Array.from({ length: features }, (_, f) => f),
    new Set(),
    new Array<number>(features).fill(0),
  );
  return sums.map((sum) => sum / orders);
}
