import { expect, test } from 'vitest';
import { checkModel } from '../../src/onnx/check-model.ts';
import { type AttributeValue, createGraphBuilder } from '../../src/onnx/graph-builder.ts';

const bytes = (...data: number[]): AttributeValue => ({
  tensor: { type: 'uint8', shape: [data.length], data: Uint8Array.from(data) },
});
const floats = (...data: number[]): AttributeValue => ({
  tensor: { type: 'float', shape: [data.length], data: Float32Array.from(data) },
});

/** Two levels: node 0 goes to node 1 or leaf 0, node 1 to leaves 1 and 2. */
const tree: Readonly<Record<string, AttributeValue>> = {
  n_targets: { int: 1 },
  tree_roots: { ints: [0] },
  nodes_featureids: { ints: [0, 1] },
  nodes_modes: bytes(0, 6),
  nodes_splits: floats(0.5, 0),
  nodes_truenodeids: { ints: [1, 1] },
  nodes_trueleafs: { ints: [0, 1] },
  nodes_falsenodeids: { ints: [0, 2] },
  nodes_falseleafs: { ints: [1, 1] },
  membership_values: floats(1, 2, Number.NaN),
  leaf_targetids: { ints: [0, 0, 0] },
  leaf_weights: floats(1, 2, 3),
};

function model(changes: Readonly<Record<string, AttributeValue>> = {}): Uint8Array {
  const graph = createGraphBuilder();
  const x = graph.input('x', 'float', ['N', 2]);
  const attributes = { ...tree, ...changes };
  graph.output('y', graph.node('TreeEnsemble', [x], { domain: 'ai.onnx.ml', name: 'trees', attributes }), 'float', [
    'N',
    1,
  ]);
  return graph.build({ name: 'trees' });
}

test('a tree whose lists fit each other passes', () => {
  expect(checkModel(model()).graph.nodes).toHaveLength(1);
});

test.each<[string, Record<string, AttributeValue>, RegExp]>([
  ['a branch back to its own node', { nodes_truenodeids: { ints: [0, 1] } }, /node 0 is reached twice/],
  [
    'a branch back up the tree',
    { nodes_truenodeids: { ints: [1, 0] }, nodes_trueleafs: { ints: [0, 0] } },
    /node 0 is reached twice/,
  ],
  ['a branch out of the nodes', { nodes_truenodeids: { ints: [2, 1] } }, /leads to node 2/],
  ['a branch out of the leaves', { nodes_falsenodeids: { ints: [0, 3] } }, /leads to leaf 3/],
  ['a negative branch', { nodes_falsenodeids: { ints: [-1, 2] } }, /leads to leaf -1/],
  ['a root out of the nodes', { tree_roots: { ints: [2] } }, /tree_roots has the value 2/],
  ['two trees with one root', { tree_roots: { ints: [0, 0] } }, /node 0 is reached twice/],
  ['no tree', { tree_roots: { ints: [] } }, /no tree/],
  ['a leaf of a target that is not there', { leaf_targetids: { ints: [0, 1, 0] } }, /leaf_targetids has the value 1/],
  ['a negative feature', { nodes_featureids: { ints: [0, -1] } }, /nodes_featureids has the value -1/],
  ['a mode that does not exist', { nodes_modes: bytes(0, 7) }, /unknown mode 7/],
  [
    'a set less than there are members',
    { membership_values: floats(1) },
    /expected 1 sets in membership_values, got 0/,
  ],
  ['a weight less than there are leaves', { leaf_weights: floats(1, 2) }, /expected 3 values in leaf_weights, got 2/],
  ['a split less than there are nodes', { nodes_splits: floats(1) }, /expected 2 values in nodes_splits/],
  ['a flag that is neither 0 nor 1', { nodes_trueleafs: { ints: [0, 2] } }, /nodes_trueleafs has the value 2/],
  ['directions of missing for some nodes', { nodes_missing_value_tracks_true: { ints: [1] } }, /tracks_true, got 1/],
])('%s is refused', (_name, changes, message) => {
  expect(() => checkModel(model(changes))).toThrow(
    expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringMatching(message) }),
  );
});

test('a tree that is a list of 5,000 nodes is refused', () => {
  const count = 5000;
  const all = (value: (i: number) => number): AttributeValue => ({
    ints: Array.from({ length: count }, (_, i) => value(i)),
  });
  const deep = model({
    nodes_featureids: all(() => 0),
    nodes_modes: bytes(...Array<number>(count).fill(0)),
    nodes_splits: floats(...Array<number>(count).fill(0)),
    nodes_truenodeids: all((i) => (i < count - 1 ? i + 1 : 0)),
    nodes_trueleafs: all((i) => (i < count - 1 ? 0 : 1)),
    nodes_falsenodeids: all(() => 0),
    nodes_falseleafs: all(() => 1),
    membership_values: floats(),
  });
  expect(() => checkModel(deep)).toThrow(/deeper than 4096/);
});
