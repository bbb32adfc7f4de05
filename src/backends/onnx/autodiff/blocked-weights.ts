import { filled, padTo, view } from './blocks.ts';
import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/*
 * Weights for convolutions on blocks. The runtime's own reordering puts one axis into lanes, and rows of lanes are gathered by constant
 * numbers: both are shared by threads, where a transposition of six axes is not, and takes a multiple on one.
 */

/** Samples [N, C] of some positions each with the channels as lanes: memory [N, C/B, positions, B]. */
export function inLanes(
  graph: GraphOperations,
  x: Value,
  [batch, channels]: readonly [number, number],
  block: number,
): Value {
  const positions = x.shape.reduce((product, size) => product * size, 1) / (batch * channels);
  // The runtime fills up blocks from channels in fours.
  const fours = filled(channels, 4);
  const image = padTo(graph, view(graph, x, [batch, channels, 1, positions]), [batch, fours, 1, positions]);
  return graph.apply('nchwc.ReorderInput', [image], {
    channels_last: { int: 0 },
    _shape: { ints: [batch, filled(channels, block), 1, positions] },
  });
}

/** Rows of one block by their numbers. */
function takeRows(graph: GraphOperations, lanes: Value, numbers: Value, block: number): Value {
  const rows = view(graph, lanes, [lanes.shape.reduce((product, size) => product * size, 1) / block, block]);
  return graph.apply('Gather', [rows, numbers], { axis: { int: 0 } });
}

/** Weights [O, I, kh, kw] for an image in blocks: memory [O/B, I/B, kh, kw, B of I, B of O]. */
export function blockedWeights(graph: GraphOperations, w: Value, block: number): Value {
  const [filters, channels, kh, kw] = w.shape as [number, number, number, number];
  const [o, i, taps] = [filled(filters, block), filled(channels, block), kh * kw];
  const lanes = inLanes(graph, padTo(graph, w, [filters, i, kh, kw]), [1, filters], block);
  const numbers = graph.rowNumbers(`weights:${[o / block, i, taps, block]}`, () => {
    const made = new Int32Array((o / block) * i * taps);
    let at = 0;
    for (let group = 0; group < o / block; group++) {
      for (let first = 0; first < i; first += block) {
        for (let tap = 0; tap < taps; tap++) {
          for (let lane = first; lane < first + block; lane++) made[at++] = (group * i + lane) * taps + tap;
        }
      }
    }
    return made;
  });
  return view(graph, takeRows(graph, lanes, numbers, block), [o, i, kh, kw]);
}

/** Weights [O, I, kh, kw] for an image that is not in blocks: memory [O/B, I, kh, kw, B]. */
export function plainInputWeights(graph: GraphOperations, w: Value, block: number): Value {
  const [filters, channels, kh, kw] = w.shape as [number, number, number, number];
  return view(graph, inLanes(graph, w, [1, filters], block), [filled(filters, block), channels, kh, kw]);
}

/** Every `step`-th tap of a kernel's axis, counted backwards from the last that begins at `first`. */
export function reversedTaps(size: number, first = 0, step = 1): readonly number[] {
  return Array.from({ length: Math.ceil((size - first) / step) }, (_, i) => first + i * step).reverse();
}

/**
 * Taps of weights [O, I, kh, kw] for the way back, where O are the channels that come in: memory [I/B, O/B, rows, columns, B of O, B of I].
 *
 * @param taps which rows and columns of the kernel, in their order.
 */
export function backwardWeights(
  graph: GraphOperations,
  w: Value,
  [rows, columns]: readonly [readonly number[], readonly number[]],
  block: number,
): Value {
  const [filters, channels, kh, kw] = w.shape as [number, number, number, number];
  const [o, groups] = [filled(filters, block), filled(channels, block) / block];
  const lanes = inLanes(graph, padTo(graph, w, [o, channels, kh, kw]), [o, channels], block);
  const numbers = graph.rowNumbers(`back:${[o, groups, kh, kw, block]}:${rows}:${columns}`, () => {
    const made = new Int32Array(groups * o * rows.length * columns.length);
    let at = 0;
    for (let group = 0; group < groups; group++) {
      for (let first = 0; first < o; first += block) {
        for (const row of rows) {
          for (const column of columns) {
            for (let lane = first; lane < first + block; lane++) {
              made[at++] = (lane * groups + group) * kh * kw + row * kw + column;
            }
          }
        }
      }
    }
    return made;
  });
  return view(graph, takeRows(graph, lanes, numbers, block), [groups * block, o, rows.length, columns.length]);
}
