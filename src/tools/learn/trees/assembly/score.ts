// QuickScorer (Lucchese et al., SIGIR 2015; RapidScorer's row-wise SIMD, Ye et al., KDD 2018) with 32-bit masks.
//
// Leaves of a tree are numbered from left to right, at most 32. A node whose test fails removes the leaves of its left subtree: `mask`
// holds them. What remains lowest is the leaf. The order of nodes does not matter, so they are grouped by kind:
// numbers with missing left, numbers with missing right, categories.
//
// Tree (32 bytes): first node, three node counts, leaf values, output column (all uint32), two unused.
// Node (12 bytes): offset of the feature's column in the block, threshold (or the address of the category bits), mask.

/** Scores `rows` (a multiple of 16) of a column-major block with all trees, adding to float64 output columns. */
export function scoreBlock(block: usize, rows: i32, trees: usize, treeCount: i32, out: usize, scratch: usize): void {
  const end = trees + ((<usize>treeCount) << 5);
  for (; trees < end; trees += 32) {
    const nodes = <usize>load<u32>(trees);
    const missingRight = nodes + <usize>load<u32>(trees, 4) * 12;
    const categories = missingRight + <usize>load<u32>(trees, 8) * 12;
    const nodesEnd = categories + <usize>load<u32>(trees, 12) * 12;
    const leaves = <usize>load<u32>(trees, 16);
    const column = out + <usize>load<u32>(trees, 20);
    for (let row = 0; row < rows; row += 16) {
      const at = block + ((<usize>row) << 2);
      let v0 = i32x4.splat(-1);
      let v1 = v0;
      let v2 = v0;
      let v3 = v0;
      let node = nodes;
      for (; node < missingRight; node += 12) {
        const x = at + <usize>load<u32>(node);
        const threshold = v128.load32_splat(node, 4);
        const mask = v128.load32_splat(node, 8);
        v0 = v128.andnot(v0, v128.and(f32x4.gt(v128.load(x), threshold), mask));
        v1 = v128.andnot(v1, v128.and(f32x4.gt(v128.load(x, 16), threshold), mask));
        v2 = v128.andnot(v2, v128.and(f32x4.gt(v128.load(x, 32), threshold), mask));
        v3 = v128.andnot(v3, v128.and(f32x4.gt(v128.load(x, 48), threshold), mask));
      }
      for (; node < categories; node += 12) {
        const x = at + <usize>load<u32>(node);
        const threshold = v128.load32_splat(node, 4);
        const mask = v128.load32_splat(node, 8);
        v0 = v128.andnot(v0, v128.andnot(mask, f32x4.le(v128.load(x), threshold)));
        v1 = v128.andnot(v1, v128.andnot(mask, f32x4.le(v128.load(x, 16), threshold)));
        v2 = v128.andnot(v2, v128.andnot(mask, f32x4.le(v128.load(x, 32), threshold)));
        v3 = v128.andnot(v3, v128.andnot(mask, f32x4.le(v128.load(x, 48), threshold)));
      }
      v128.store(scratch, v0);
      v128.store(scratch, v1, 16);
      v128.store(scratch, v2, 32);
      v128.store(scratch, v3, 48);
      for (; node < nodesEnd; node += 12)
        removeNonMembers(at + <usize>load<u32>(node), load<u32>(node, 4), load<u32>(node, 8), scratch);
      const target = column + ((<usize>row) << 3);
      for (let lane: usize = 0; lane < 16; lane++) {
        const leaf = ctz(load<u32>(scratch + (lane << 2)));
        const place = target + (lane << 3);
        store<f64>(place, load<f64>(place) + load<f64>(leaves + ((<usize>leaf) << 3)));
      }
    }
  }
}

function removeNonMembers(codes: usize, bits: usize, mask: u32, scratch: usize): void {
  for (let lane: usize = 0; lane < 64; lane += 4) {
    const code = load<u32>(codes + lane);
    const isMember = (load<u32>(bits + ((<usize>code >> 5) << 2)) >> (code & 31)) & 1;
    store<u32>(scratch + lane, load<u32>(scratch + lane) & ~(mask & (isMember - 1)));
  }
}
