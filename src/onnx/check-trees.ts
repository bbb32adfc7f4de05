import type { OnnxNode } from './model.ts';
import { modelFault } from './model-fault.ts';
import { tensorNumbers } from './tensor-numbers.ts';

/** Levels of a tree that are accepted; runtimes walk them recursively when they load. */
const deepest = 4096;
/** `BRANCH_MEMBER`, which takes a set of `membership_values`. */
const memberMode = 6;

type Numbers = ArrayLike<number | bigint>;

/**
 * Checks the lists of a `TreeEnsemble` (ai.onnx.ml 5) against each other: runtimes follow its indices without looking, so
 * one that leads out of a list, or back up the tree, would read or write elsewhere, or never end.
 *
 * @throws {TrainerError} MODEL_INVALID
 */
export function checkTrees(node: OnnxNode, label: string): void {
  const attributes = new Map(node.attributes.map((attribute) => [attribute.name, attribute]));
  const ints = (name: string): Numbers => attributes.get(name)?.ints ?? [];
  const fail = (what: string): never => {
    throw modelFault('MODEL_INVALID', `${label}: ${what}.`);
  };
  const within = (name: string, limit: number): Numbers => {
    const values = ints(name);
    for (let i = 0; i < values.length; i++) {
      if (!(values[i]! >= 0 && values[i]! < limit)) fail(`${name} has the value ${values[i]} at ${i}`);
    }
    return values;
  };

  const features = within('nodes_featureids', 1_000_000);
  const count = features.length;
  const leaves = within('leaf_targetids', Number(attributes.get('n_targets')?.int ?? 0n)).length;
  const modes = tensorNumbers(attributes.get('nodes_modes')?.tensor);
  const right = ints('nodes_truenodeids');
  const left = ints('nodes_falsenodeids');
  const isRightLeaf = within('nodes_trueleafs', 2);
  const isLeftLeaf = within('nodes_falseleafs', 2);
  const lists: readonly (readonly [string, number, number])[] = [
    ['nodes_modes', modes.length, count],
    ['nodes_splits', tensorNumbers(attributes.get('nodes_splits')?.tensor).length, count],
    ['nodes_truenodeids', right.length, count],
    ['nodes_falsenodeids', left.length, count],
    ['nodes_trueleafs', isRightLeaf.length, count],
    ['nodes_falseleafs', isLeftLeaf.length, count],
    ['leaf_weights', tensorNumbers(attributes.get('leaf_weights')?.tensor).length, leaves],
  ];
  for (const [name, got, expected] of lists)
    if (got !== expected) fail(`expected ${expected} values in ${name}, got ${got}`);
  const optional = ints('nodes_missing_value_tracks_true').length;
  if (optional !== 0 && optional !== count)
    fail(`expected ${count} values in nodes_missing_value_tracks_true, got ${optional}`);

  let members = 0;
  for (let i = 0; i < count; i++) {
    if (!(modes[i]! >= 0 && modes[i]! <= memberMode)) fail(`node ${i} has the unknown mode ${modes[i]}`);
    if (modes[i] === memberMode) members++;
  }
  const sets = tensorNumbers(attributes.get('membership_values')?.tensor);
  let ends = 0;
  for (let i = 0; i < sets.length; i++) if (Number.isNaN(sets[i]!)) ends++;
  if (ends !== members) fail(`expected ${members} sets in membership_values, got ${ends}`);

  const roots = within('tree_roots', count);
  if (roots.length === 0) fail('it has no tree');
  const seen = new Uint8Array(count);
  const stack: number[] = [];
  const depths: number[] = [];
  const visit = (index: number, depth: number): void => {
    if (seen[index] !== 0) fail(`node ${index} is reached twice`);
    if (depth > deepest) fail(`a tree is deeper than ${deepest} levels`);
    seen[index] = 1;
    stack.push(index);
    depths.push(depth);
  };
  const follow = (index: Numbers[number], isLeaf: boolean, depth: number): void => {
    if (!(index >= 0 && index < (isLeaf ? leaves : count)))
      fail(`a branch leads to ${isLeaf ? 'leaf' : 'node'} ${index}`);
    if (!isLeaf) visit(Number(index), depth);
  };
  for (let tree = 0; tree < roots.length; tree++) {
    visit(Number(roots[tree]), 0);
    while (stack.length > 0) {
      const at = stack.pop()!;
      const depth = depths.pop()! + 1;
      follow(right[at]!, Number(isRightLeaf[at]) === 1, depth);
      follow(left[at]!, Number(isLeftLeaf[at]) === 1, depth);
    }
  }
}
