import { exponential, sigmoid } from './exponential.ts';
import type { HistogramKernel, Kernels } from './kernels.ts';
import { histogramBytes, widestBlock } from './kernels.ts';

/** The kernels in plain JavaScript: the reference of the tests, and what runs where there is no WebAssembly. */
export function jsKernels(buffer: ArrayBufferLike): Kernels {
  const bytes = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  const floats = new Float32Array(buffer);
  const doubles = new Float64Array(buffer);

  const storePair = (pairs: number, row: number, gradient: number, hessian: number): void => {
    const at = (pairs >>> 3) + 2 * row;
    doubles[at] = gradient;
    doubles[at + 1] = hessian;
  };

  /** `rowAt` tells the row of a position in the panel; the pair is read from `pairs` by row, or from `ordered` by position. */
  const histogram =
    (width: number, walk: 'all' | 'gather' | 'ordered'): HistogramKernel =>
    (bins, stride, rows, count, pairs, ordered, histograms) => {
      for (let i = 0; i < count; i++) {
        const row = walk === 'all' ? i : words[(rows >>> 2) + i]!;
        const at = walk === 'ordered' ? (ordered >>> 3) + 2 * i : (pairs >>> 3) + 2 * row;
        const gradient = doubles[at]!;
        const hessian = doubles[at + 1]!;
        if (walk === 'gather') storePair(ordered, i, gradient, hessian);
        for (let f = 0; f < width; f++) {
          const bin = ((histograms + f * histogramBytes) >>> 3) + 2 * bytes[bins + row * stride + f]!;
          doubles[bin] = doubles[bin]! + gradient;
          doubles[bin + 1] = doubles[bin + 1]! + hessian;
        }
      }
    };
  const byWidth = (walk: 'all' | 'gather' | 'ordered'): HistogramKernel[] =>
    Array.from({ length: widestBlock + 1 }, (_, width) => histogram(width, walk));

  return {
    binNumbers(column, count, edges, missingBin, out, stride) {
      const first = edges >>> 2;
      for (let i = 0; i < count; i++) {
        const value = floats[(column >>> 2) + i]!;
        let bin = 0;
        for (let step = 128; step >= 1; step >>= 1) if (floats[first + bin + step - 1]! < value) bin += step;
        bytes[out + i * stride] = Number.isNaN(value) ? missingBin : bin;
      }
    },
    binCodes(column, count, table, last, out, stride) {
      for (let i = 0; i < count; i++) {
        bytes[out + i * stride] = bytes[table + Math.min(words[(column >>> 2) + i]!, last)]!;
      }
    },

    logisticGradients(scores, targets, pairs, from, to) {
      for (let row = from; row < to; row++) {
        const p = sigmoid(doubles[(scores >>> 3) + row]!);
        storePair(pairs, row, p - doubles[(targets >>> 3) + row]!, p * (1 - p));
      }
    },
    squaredGradients(scores, targets, pairs, from, to) {
      for (let row = from; row < to; row++) {
        storePair(pairs, row, doubles[(scores >>> 3) + row]! - doubles[(targets >>> 3) + row]!, 1);
      }
    },
    quantileGradients(scores, targets, pairs, from, to, alpha) {
      for (let row = from; row < to; row++) {
        const isAbove = doubles[(scores >>> 3) + row]! > doubles[(targets >>> 3) + row]!;
        storePair(pairs, row, isAbove ? 1 - alpha : -alpha, 1);
      }
    },
    softmax(scores, out, columnBytes, classes, from, to) {
      const column = columnBytes >>> 3;
      for (let row = from; row < to; row++) {
        const at = (scores >>> 3) + row;
        const place = (out >>> 3) + row;
        let top = doubles[at]!;
        for (let k = 1; k < classes; k++) top = Math.max(top, doubles[at + k * column]!);
        let sum = 0;
        for (let k = 0; k < classes; k++) {
          const e = exponential(Math.max(doubles[at + k * column]! - top, -700));
          doubles[place + k * column] = e;
          sum += e;
        }
        for (let k = 0; k < classes; k++) doubles[place + k * column] = doubles[place + k * column]! / sum;
      }
    },
    softmaxGradients(probabilities, targets, pairs, from, to, label, factor) {
      for (let row = from; row < to; row++) {
        const p = doubles[(probabilities >>> 3) + row]!;
        const isLabel = doubles[(targets >>> 3) + row]! === label ? 1 : 0;
        storePair(pairs, row, p - isLabel, factor * (p * (1 - p)));
      }
    },
    weighPairs(pairs, weights, from, to) {
      for (let row = from; row < to; row++) {
        const at = (pairs >>> 3) + 2 * row;
        const weight = doubles[(weights >>> 3) + row]!;
        storePair(pairs, row, doubles[at]! * weight, doubles[at + 1]! * weight);
      }
    },
    sumRange(pairs, from, to, out) {
      let gradient = 0;
      let hessian = 0;
      for (let row = from; row < to; row++) {
        gradient += doubles[(pairs >>> 3) + 2 * row]!;
        hessian += doubles[(pairs >>> 3) + 2 * row + 1]!;
      }
      storePair(out, 0, gradient, hessian);
    },
    sumRows(pairs, rows, count, out) {
      let gradient = 0;
      let hessian = 0;
      for (let i = 0; i < count; i++) {
        const row = words[(rows >>> 2) + i]!;
        gradient += doubles[(pairs >>> 3) + 2 * row]!;
        hessian += doubles[(pairs >>> 3) + 2 * row + 1]!;
      }
      storePair(out, 0, gradient, hessian);
    },

    fillRows(rows, from, to) {
      for (let row = from; row < to; row++) words[(rows >>> 2) + row] = row;
    },
    partition(bins, stride, rows, count, goesLeft, left, right) {
      let l = left >>> 2;
      let r = right >>> 2;
      for (let i = 0; i < count; i++) {
        const row = words[(rows >>> 2) + i]!;
        const isLeft = bytes[goesLeft + bytes[bins + row * stride]!]!;
        words[l] = row;
        words[r] = row;
        l += isLeft;
        r += 1 - isLeft;
      }
      return l - (left >>> 2);
    },
    addToRows(rows, count, scores, value) {
      for (let i = 0; i < count; i++) {
        const at = (scores >>> 3) + words[(rows >>> 2) + i]!;
        doubles[at] = doubles[at]! + value;
      }
    },
    copyBytes: (to, from, count) => void bytes.copyWithin(to, from, from + count),
    zeroBytes: (at, count) => void bytes.fill(0, at, at + count),

    histogramAll: byWidth('all'),
    histogramGather: byWidth('gather'),
    histogramOrdered: byWidth('ordered'),
    subtractHistogram(a, b, bins) {
      for (let i = 0; i < 2 * bins; i++) doubles[(a >>> 3) + i] = doubles[(a >>> 3) + i]! - doubles[(b >>> 3) + i]!;
    },
    findBoundary(histograms, boundaries, total, start, minHessian, l2, best, out) {
      const first = histograms >>> 3;
      const allGradient = doubles[total >>> 3]!;
      const allHessian = doubles[(total >>> 3) + 1]!;
      let gradient = doubles[start >>> 3]!;
      let hessian = doubles[(start >>> 3) + 1]!;
      let top = best;
      let found = -1;
      for (let b = 0; b < boundaries; b++) {
        gradient += doubles[first + 2 * b]!;
        hessian += doubles[first + 2 * b + 1]!;
        if (hessian < minHessian) continue;
        const rightGradient = allGradient - gradient;
        const rightHessian = allHessian - hessian;
        if (rightHessian < minHessian) break;
        const gain = (gradient * gradient) / (hessian + l2) + (rightGradient * rightGradient) / (rightHessian + l2);
        if (gain > top) {
          top = gain;
          found = b;
          storePair(out + 16, 0, gradient, hessian);
        }
      }
      if (found >= 0) doubles[out >>> 3] = top;
      return found;
    },
  };
}
