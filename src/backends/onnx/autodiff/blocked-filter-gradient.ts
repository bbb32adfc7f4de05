import { inLanes } from './blocked-weights.ts';
import { cutTo, filled, fromBlocks, view } from './blocks.ts';
import type { GraphOperations } from './operator.ts';
import { sizeOf } from './shapes.ts';
import { sumRows } from './sum-rows.ts';
import type { Value } from './value.ts';
import type { Window } from './window.ts';

/** How the image of a filter's gradient lies in memory. */
export interface ImageBlocks {
  readonly block: number;
  /** Whether the image is [N, C, H, W] rather than in blocks. */
  readonly isPlain: boolean;
}

/** Rows of one block, with a row of zeros behind the last, gathered by their numbers. */
function gatherRows(graph: GraphOperations, rows: Value, index: Value, block: number): Value {
  const zeros = graph.full([1, block], 0, rows);
  const all = graph.apply('Concat', [rows, zeros], { axis: { int: 0 } });
  return graph.apply('Gather', [all, index], { axis: { int: 0 } });
}

/**
 * The gradient of a convolution's weights, on blocks: a convolution in which batch and channels have changed places,
 * strides and dilations too, the image's channels being the samples. Both operands are brought into blocks by gathering
 * rows with constant numbers, which puts the padding in on the way. `shape` is that of the weights, [O, C, kh, kw].
 */
export function blockedFilterGradient(
  graph: GraphOperations,
  x: Value,
  dy: Value,
  shape: readonly number[],
  window: Window,
  { block, isPlain }: ImageBlocks,
): Value {
  const [filters, channels, kh, kw] = shape as [number, number, number, number];
  const [batch, stored, height, width] = x.shape as [number, number, number, number];
  const [outHeight, outWidth] = window.output as [number, number];
  const isPointwise = sizeOf([...window.kernel, ...window.strides]) === 1 && window.before.every((pad) => pad === 0);
  if (isPointwise && window.after.every((pad) => pad === 0) && !isPlain) {
    // Of a 1 × 1 convolution it is a product of matrices.
    const matrix = (value: Value, width: number) =>
      view(graph, fromBlocks(graph, value, width, true), [batch * height * value.shape[3]!, width]);
    const product = graph.apply('Gemm', [matrix(dy, filters), matrix(x, channels)], { transA: { int: 1 } });
    return view(graph, product, shape);
  }

  const samples = filled(batch, block);
  const [groups, outBlocks] = [samples / block, dy.shape[1]! / block];
  const outSize = outHeight * outWidth;
  const filterRows = graph.rowNumbers(`filter:${[batch, outBlocks, outSize, block]}`, () => {
    const numbers = new Int32Array(outBlocks * samples * outSize);
    let at = 0;
    for (let o = 0; o < outBlocks; o++) {
      for (let group = 0; group < groups; group++) {
        for (let position = 0; position < outSize; position++) {
          for (let n = group * block; n < (group + 1) * block; n++) {
            numbers[at++] = n < batch ? (n * outBlocks + o) * outSize + position : batch * outBlocks * outSize;
          }
        }
      }
    }
    return numbers;
  });
  const rows = view(graph, dy, [batch * outBlocks * outSize, block]);
  const filter =
    samples === batch
      ? graph.apply('Gather', [rows, filterRows], { axis: { int: 0 } })
      : gatherRows(graph, rows, filterRows, block);

  const [strideY, strideX] = window.strides as [number, number];
  const [dilationY, dilationX] = window.dilations as [number, number];
  const [top, left] = window.before as [number, number];
  const tall = (outHeight - 1) * strideY + (kh - 1) * dilationY + 1;
  const wide = (outWidth - 1) * strideX + (kw - 1) * dilationX + 1;
  // Of all samples in blocks of samples: [groups, positions of all channels].
  const size = stored * height * width;
  const noRow = groups * size;
  const facts = [channels, stored, groups, height, width, tall, wide, top, left, block, isPlain];
  const imageRows = graph.rowNumbers(`image:${facts}`, () => {
    const numbers = new Int32Array(channels * groups * tall * wide);
    let at = 0;
    for (let c = 0; c < channels; c++) {
      for (let group = 0; group < groups; group++) {
        for (let row = -top; row < tall - top; row++) {
          for (let column = -left; column < wide - left; column++) {
            const isInside = row >= 0 && row < height && column >= 0 && column < width;
            const pixel = row * width + column;
            const place = isPlain
              ? c * height * width + pixel
              : (Math.floor(c / block) * height * width + pixel) * block + (c % block);
            numbers[at++] = isInside ? group * size + place : noRow;
          }
        }
      }
    }
    return numbers;
  });
  const bySample = inLanes(graph, x, [1, batch], block);
  const image = gatherRows(graph, view(graph, bySample, [noRow, block]), imageRows, block);

  const made = graph.apply(
    'nchwc.Conv',
    [
      view(graph, image, [channels, samples, tall, wide]),
      view(graph, filter, [outBlocks * block, samples, outHeight, outWidth]),
    ],
    {
      kernel_shape: { ints: [outHeight, outWidth] },
      strides: { ints: window.dilations },
      dilations: { ints: window.strides },
      group: { int: 1 },
      _shape: { ints: [channels, outBlocks * block, kh, kw] },
    },
  );
  // To [O/B, C, kh, kw, B], of which the runtime's own reordering makes [O, C, kh, kw].
  const blocks = view(graph, made, [channels, outBlocks, kh * kw * block]);
  const moved = outBlocks === 1 ? blocks : graph.apply('Transpose', [blocks], { perm: { ints: [1, 0, 2] } });
  const turned = view(graph, moved, [1, outBlocks * block, 1, channels * kh * kw]);
  return view(graph, fromBlocks(graph, turned, filters), shape);
}

/**
 * The gradient of few weights a filter (C·kh·kw within one block), of an image that is not in blocks: a convolution with
 * an identity makes a column of taps for each position, and one product a sample sums over the positions.
 */
export function smallFilterGradient(
  graph: GraphOperations,
  x: Value,
  dy: Value,
  shape: readonly number[],
  window: Window,
  block: number,
): Value {
  const [filters, channels, kh, kw] = shape as [number, number, number, number];
  const [batch, stored] = dy.shape as [number, number];
  const taps = channels * kh * kw;
  const positions = sizeOf(window.output);
  const eye = new Float32Array(taps * block);
  for (let tap = 0; tap < taps; tap++) eye[tap * block + tap] = 1;
  const columns = graph.apply('nchwc.Conv', [x, graph.floats([block, channels, kh, kw], eye, x)], {
    kernel_shape: { ints: window.kernel },
    strides: { ints: window.strides },
    dilations: { ints: window.dilations },
    pads: { ints: [...window.before, ...window.after] },
    group: { int: 1 },
    _shape: { ints: [batch, block, ...window.output] },
  });
  const products = graph.apply(
    'FusedMatMul',
    [view(graph, dy, [batch, stored / block, positions, block]), view(graph, columns, [batch, 1, positions, block])],
    { transA: { int: 1 }, transB: { int: 0 }, alpha: { float: 1 } },
  );
  const sums = sumRows(graph, view(graph, products, [batch, stored * block]));
  return view(graph, cutTo(graph, view(graph, sums, [stored, block]), [filters, taps]), shape);
}
