import type { Features } from '../learner.ts';
import type { Forest } from './forest.ts';
import type { ScoreKernel } from './kernels.ts';
import type { CategoryBits } from './score-trees.ts';
import { kernelModule, wasmKernels } from './wasm-kernels.ts';
import { createMemory, type WasmMemory } from './web-assembly.ts';

/** Most leaves of a tree whose set fits a mask of 32 bits. */
export const mostLeaves = 32;

const blockRows = 256;
const nodeBytes = 12;
const treeBytes = 32;

/** A forest packed for the kernel, with the addresses of what goes in and out. Features that no tree uses have no column. */
interface Packed {
  readonly trees: number;
  readonly block: number;
  readonly out: number;
  readonly scratch: number;
  readonly usedFeatures: readonly number[];
}

interface Scorer {
  readonly memory: WasmMemory;
  readonly scoreBlock: ScoreKernel;
  owner: Forest | undefined;
  packed: Packed | undefined;
}

/** One for each of the forests that were scored last, the last of them first: a service may have two versions that take turns. */
const scorers: Scorer[] = [];
const mostScorers = 4;

/** Whether the kernel can score this forest here. */
export function canQuickScore(forest: Forest): boolean {
  if (kernelModule() === undefined) return false;
  for (let tree = 0; tree < forest.treeClass.length; tree++) {
    if (forest.leafStart[tree + 1]! - forest.leafStart[tree]! > mostLeaves) return false;
  }
  return true;
}

/**
 * Raw scores as of `scoreTrees`, bit by bit, by the QuickScorer kernel of `assembly/score.ts`. The memories keep the
 * forests that were scored last.
 */
export function quickScore(forest: Forest, bits: CategoryBits, features: Features, out: Float64Array): void {
  const { memory, scoreBlock, packed } = scorerOf(forest, bits);
  const { block, trees, out: outAt, scratch, usedFeatures } = packed!;
  const float32 = new Float32Array(memory.buffer);
  const int32 = new Int32Array(memory.buffer);
  const float64 = new Float64Array(memory.buffer);
  const { rowCount } = features;
  const { numberCount, classes } = forest;
  for (let from = 0; from < rowCount; from += blockRows) {
    const count = Math.min(blockRows, rowCount - from);
    usedFeatures.forEach((feature, column) => {
      const at = (block >>> 2) + column * blockRows;
      if (feature < numberCount) {
        float32.set(features.numbers[feature]!.values.subarray(from, from + count), at);
        return;
      }
      const { codes } = features.categories[feature - numberCount]!;
      const size = forest.categorySizes[feature - numberCount]!;
      // The bit after the last code is never set: codes outside are no members.
      for (let i = 0; i < count; i++) int32[at + i] = codes[from + i]! >>> 0 < size ? codes[from + i]! : size;
    });
    for (let k = 0; k < classes; k++) {
      const at = (outAt >>> 3) + k * blockRows;
      float64.fill(forest.base[k]!, at, at + blockRows);
    }
    scoreBlock(block, Math.ceil(count / 16) * 16, trees, forest.treeClass.length, outAt, scratch);
    for (let k = 0; k < classes; k++) {
      const at = (outAt >>> 3) + k * blockRows;
      out.set(float64.subarray(at, at + count), k * rowCount + from);
    }
  }
}

function scorerOf(forest: Forest, bits: CategoryBits): Scorer {
  const [first] = scorers;
  if (first?.owner === forest) return first;
  const at = scorers.findIndex(({ owner }) => owner === forest);
  if (at < 0 && scorers.length < mostScorers) scorers.push(createScorer());
  const [scorer] = scorers.splice(at, 1) as [Scorer];
  scorers.unshift(scorer);
  if (at < 0) {
    scorer.packed = pack(scorer.memory, forest, bits);
    scorer.owner = forest;
  }
  return scorer;
}

function createScorer(): Scorer {
  const memory = createMemory(16);
  const { scoreBlock } = wasmKernels(kernelModule()!, memory);
  return { memory, scoreBlock, owner: undefined, packed: undefined };
}

function pack(memory: WasmMemory, forest: Forest, bits: CategoryBits): Packed {
  const usedFeatures = [...new Set(forest.feature)].sort((a, b) => a - b);
  const columnOf = new Map(usedFeatures.map((feature, column) => [feature, column]));
  const treeCount = forest.treeClass.length;
  let top = 1024;
  const take = (bytes: number): number => {
    const at = top;
    top += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const packed = {
    scratch: take(64),
    trees: take(treeCount * treeBytes),
    out: take(forest.classes * blockRows * 8),
    block: take(Math.max(1, usedFeatures.length) * blockRows * 4),
    usedFeatures,
  };
  const leaves = take(forest.leafValue.length * 8);
  const nodes = take(forest.feature.length * nodeBytes);
  const sets = take(bits.words.length * 4);
  const missing = Math.ceil(top / 65536) - memory.buffer.byteLength / 65536;
  if (missing > 0) memory.grow(missing);

  const uint32 = new Uint32Array(memory.buffer);
  const float32 = new Float32Array(memory.buffer);
  new Float64Array(memory.buffer).set(forest.leafValue, leaves >>> 3);
  uint32.set(bits.words, sets >>> 2);
  // What is left in the block from another forest could be a code without a bit.
  uint32.fill(0, packed.block >>> 2, (packed.block >>> 2) + usedFeatures.length * blockRows);
  for (let tree = 0; tree < treeCount; tree++) {
    const first = forest.nodeStart[tree]!;
    const { order, masks, leafOrder } = leftMasks(forest, tree);
    const kinds = [0, 0, 0];
    const kindOf = (node: number): number => (forest.set[node]! >= 0 ? 2 : 1 - forest.isMissingLeft[node]!);
    for (const node of order) kinds[kindOf(first + node)]!++;
    const places = [0, kinds[0]!, kinds[0]! + kinds[1]!];
    for (const node of order) {
      const id = first + node;
      const at = (nodes + (first + places[kindOf(id)]!++) * nodeBytes) >>> 2;
      uint32[at] = columnOf.get(forest.feature[id]!)! * blockRows * 4;
      const set = forest.set[id]!;
      if (set >= 0) uint32[at + 1] = sets + bits.start[set]! * 4;
      else float32[at + 1] = forest.threshold[id]!;
      uint32[at + 2] = masks[node]!;
    }
    const leafAt = leaves + forest.leafStart[tree]! * 8;
    const values = Float64Array.from(leafOrder, (leaf) => forest.leafValue[forest.leafStart[tree]! + leaf]!);
    new Float64Array(memory.buffer).set(values, leafAt >>> 3);
    const column = forest.treeClass[tree]! * blockRows * 8;
    uint32.set([nodes + first * nodeBytes, ...kinds, leafAt, column], (packed.trees + tree * treeBytes) >>> 2);
  }
  return packed;
}

/** Numbers the leaves of a tree from left to right, and finds for each node the bits of the leaves on its left. */
function leftMasks(
  forest: Forest,
  tree: number,
): { order: readonly number[]; masks: Readonly<Record<number, number>>; leafOrder: readonly number[] } {
  const first = forest.nodeStart[tree]!;
  const order: number[] = [];
  const masks: Record<number, number> = {};
  const leafOrder: number[] = [];
  const visit = (child: number): number => {
    if (child < 0) {
      leafOrder.push(~child);
      return (1 << (leafOrder.length - 1)) >>> 0;
    }
    order.push(child);
    const left = visit(forest.left[first + child]!);
    masks[child] = left;
    return (left | visit(forest.right[first + child]!)) >>> 0;
  };
  visit(0);
  return { order, masks, leafOrder };
}
