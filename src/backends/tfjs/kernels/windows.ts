import { type KernelCall, type Kernels, type TfTensor, unsupported } from '../kernel.ts';

/** How a window goes over the axes behind batch and channels. */
interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function windowOf(call: KernelCall, kernel: readonly number[]): Window {
  if (call.text('auto_pad', 'NOTSET') !== 'NOTSET') unsupported(call, 'auto_pad');
  if (call.int('ceil_mode', 0) !== 0) unsupported(call, 'ceil_mode');
  const ones = kernel.map(() => 1);
  const pads = call.ints('pads') ?? [...kernel, ...kernel].map(() => 0);
  return {
    kernel,
    strides: call.ints('strides') ?? ones,
    dilations: call.ints('dilations') ?? ones,
    before: pads.slice(0, kernel.length),
    after: pads.slice(kernel.length),
  };
}

/** The number of positions of a window along each axis. */
function placesOf(sizes: readonly number[], { kernel, strides, dilations, before, after }: Window): number[] {
  return sizes.map((size, i) => {
    const span = (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.floor((size + before[i]! + after[i]! - span) / strides[i]!) + 1;
  });
}

/** For each place within the kernel: its offsets, and the values that stand there in all windows. */
function slicesOf({ tf }: KernelCall, x: TfTensor, window: Window, filling: number) {
  const { kernel, strides, dilations, before, after } = window;
  const places = placesOf(x.shape.slice(2), window);
  const isPadded = [...before, ...after].some((size) => size > 0);
  const sides = before.map((size, i): [number, number] => [size, after[i]!]);
  const padded = isPadded ? tf.pad(x, [[0, 0], [0, 0], ...sides], filling) : x;
  const count = kernel.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, at) => {
    const offsets: number[] = [];
    for (let rest = at, i = kernel.length - 1; i >= 0; i--) {
      offsets[i] = (rest % kernel[i]!) * dilations[i]!;
      rest = Math.floor(rest / kernel[i]!);
    }
    const begin = [0, 0, ...offsets];
    const end = [...x.shape.slice(0, 2), ...offsets.map((start, i) => start + (places[i]! - 1) * strides[i]! + 1)];
    const isDense = strides.every((stride) => stride === 1);
    const values = isDense
      ? tf.slice(
          padded,
          begin,
          end.map((value, i) => value - begin[i]!),
        )
      : tf.stridedSlice(padded, begin, end, [1, 1, ...strides]);
    return { offsets, values };
  });
}

/** Positions in the flat data of the first place of each window. */
function firstPositions(shape: readonly number[], window: Window): Int32Array {
  const sizes = shape.slice(2);
  const places = placesOf(sizes, window);
  const perImage = places.reduce((product, size) => product * size, 1);
  const area = sizes.reduce((product, size) => product * size, 1);
  const positions = new Int32Array(shape[0]! * shape[1]! * perImage);
  for (let i = 0; i < positions.length; i++) {
    let rest = i % perImage;
    let [position, stride] = [Math.floor(i / perImage) * area, 1];
    for (let d = places.length - 1; d >= 0; d--) {
      position += ((rest % places[d]!) * window.strides[d]! - window.before[d]!) * stride;
      rest = Math.floor(rest / places[d]!);
      stride *= sizes[d]!;
    }
    positions[i] = position;
  }
  return positions;
}

/** How many values that are no padding each window has. */
function counts(sizes: readonly number[], { kernel, strides, dilations, before }: Window, places: readonly number[]) {
  const along = places.map((count, d) =>
    Array.from({ length: count }, (_, at) => {
      let inside = 0;
      for (let k = 0; k < kernel[d]!; k++) {
        const position = at * strides[d]! - before[d]! + k * dilations[d]!;
        if (position >= 0 && position < sizes[d]!) inside++;
      }
      return inside;
    }),
  );
  return along.reduce((all, own) => all.flatMap((count) => own.map((value) => count * value)), [1]);
}

/** Pools, of any kernel, stride, dilation and padding. */
export const windowKernels: Kernels = {
  MaxPool: {
    run(call) {
      const { tf, node, input, ints, constant } = call;
      const x = input(0);
      const window = windowOf(call, ints('kernel_shape')!);
      const slices = slicesOf(call, x, window, -3.4e38);
      const withPositions = node.outputs.length > 1;
      const strides = x.shape.slice(2).map((_, i) => x.shape.slice(i + 3).reduce((product, size) => product * size, 1));
      const [first, ...others] = slices;
      let best = first!.values;
      let delta: TfTensor = tf.zeros(best.shape, 'int32');
      for (const { offsets, values } of others) {
        // Of equal values the first is taken.
        if (withPositions) {
          const own = offsets.reduce((sum, offset, i) => sum + offset * strides[i]!, 0);
          delta = tf.where(tf.greater(values, best), tf.fill(best.shape, own, 'int32'), delta);
        }
        best = tf.maximum(best, values);
      }
      if (!withPositions) return others.length === 0 ? best.clone() : best;
      const base = constant(`positions:${x.shape}`, () =>
        tf.tensor(firstPositions(x.shape, window), best.shape, 'int32'),
      );
      return [best.clone(), tf.add(base, delta)];
    },
  },
  AveragePool: {
    run(call) {
      const { tf, input, ints, constant } = call;
      const x = input(0);
      const window = windowOf(call, ints('kernel_shape')!);
      const sum = tf.addN(slicesOf(call, x, window, 0).map(({ values }) => values));
      if (call.int('count_include_pad', 0) === 1) {
        return tf.div(
          sum,
          window.kernel.reduce((product, size) => product * size, 1),
        );
      }
      const places = sum.shape.slice(2);
      const shares = constant(`shares:${x.shape}`, () =>
        tf.tensor(
          counts(x.shape.slice(2), window, places).map((count) => 1 / count),
          [1, 1, ...places],
          'float32',
        ),
      );
      return tf.mul(sum, shares);
    },
  },
  GlobalAveragePool: {
    run: ({ tf, input }) =>
      tf.mean(
        input(0),
        input(0)
          .shape.slice(2)
          .map((_, i) => i + 2),
        true,
      ),
  },
  GlobalMaxPool: {
    run: ({ tf, input }) =>
      tf.max(
        input(0),
        input(0)
          .shape.slice(2)
          .map((_, i) => i + 2),
        true,
      ),
  },
  Conv: {
    run(call) {
      const { input, has, int, tf } = call;
      const y = convolve(call, input(0), input(1), windowOf(call, input(1).shape.slice(2)), int('group', 1));
      return has(2) ? tf.add(y, tf.reshape(input(2), [-1, ...y.shape.slice(2).map(() => 1)])) : y;
    },
  },
  // The image with zeros between its values, convolved with the kernel turned round.
  ConvTranspose: {
    run(call) {
      const { tf, input, has, int, ints } = call;
      const [x, w] = [input(0), input(1)];
      const groups = int('group', 1);
      const window = windowOf(call, w.shape.slice(2));
      const { kernel, strides, dilations, before, after } = window;
      const extra = ints('output_padding') ?? kernel.map(() => 0);
      const spread = spreadOut(call, x, strides);
      const reach = kernel.map((size, i) => (size - 1) * dilations[i]!);
      const around: Window = {
        kernel,
        strides: kernel.map(() => 1),
        dilations,
        before: reach.map((size, i) => size - before[i]!),
        after: reach.map((size, i) => size - after[i]! + extra[i]!),
      };
      const turned = tf.reverse(
        w,
        kernel.map((_, i) => i + 2),
      );
      // [C, M / groups, ...kernel] → [M, C / groups, ...kernel]
      const grouped = tf.reshape(turned, [groups, w.shape[0]! / groups, w.shape[1]!, -1]);
      const swapped = tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), [
        groups * w.shape[1]!,
        w.shape[0]! / groups,
        ...kernel,
      ]);
      const y = convolve(call, spread, swapped, around, groups);
      return has(2) ? tf.add(y, tf.reshape(input(2), [-1, ...kernel.map(() => 1)])) : y;
    },
  },
  Resize: {
    run(call) {
      const { tf, input, has, numbers, text } = call;
      const x = input(0);
      const [, , down, across] = has(3) ? numbers(3).map((size, i) => size / x.shape[i]!) : numbers(2);
      if (x.rank !== 4 || down === undefined || across === undefined) unsupported(call, 'an input that is no image');
      const [batch, channels, height, width] = x.shape as [number, number, number, number];
      const size: [number, number] = [Math.round(height * down), Math.round(width * across)];
      if (text('mode', 'nearest') === 'nearest') {
        const isWhole = Number.isInteger(down) && Number.isInteger(across);
        if (!isWhole || text('coordinate_transformation_mode', 'half_pixel') !== 'asymmetric') {
          unsupported(call, 'nearest neighbours by no whole factor');
        }
        const cells = tf.reshape(x, [batch, channels, height, 1, width, 1]);
        return tf.reshape(tf.tile(cells, [1, 1, 1, down, 1, across]), [batch, channels, ...size]);
      }
      const image = tf.transpose(x, [0, 2, 3, 1]) as Parameters<typeof tf.image.resizeBilinear>[0];
      return tf.transpose(tf.image.resizeBilinear(image, size, false, true), [0, 3, 1, 2]);
    },
  },
};

/** Zeros between the values of each axis behind the channels. */
function spreadOut({ tf }: KernelCall, x: TfTensor, strides: readonly number[]): TfTensor {
  return strides.reduce((image, stride, i) => {
    if (stride === 1) return image;
    const axis = i + 2;
    const { shape } = image;
    const cells = tf.expandDims(image, axis + 1);
    const sides = cells.shape.map((_, d): [number, number] => [0, d === axis + 1 ? stride - 1 : 0]);
    const wide = shape.map((size, d) => (d === axis ? size * stride : size));
    const filled = tf.reshape(tf.pad(cells, sides), wide);
    const kept = wide.map((size, d) => (d === axis ? size - stride + 1 : size));
    return tf.slice(
      filled,
      kept.map(() => 0),
      kept,
    );
  }, x);
}

/** x: [N, C, ...sizes], w: [M, C / groups, ...kernel] → [N, M, ...places]; one or two axes of positions. */
function convolve(call: KernelCall, x: TfTensor, w: TfTensor, window: Window, groups: number): TfTensor {
  const { tf } = call;
  if (x.rank === 3) {
    const { kernel, strides, dilations, before, after } = window;
    const flat: Window = {
      kernel: [1, ...kernel],
      strides: [1, ...strides],
      dilations: [1, ...dilations],
      before: [0, ...before],
      after: [0, ...after],
    };
    return tf.squeeze(convolve(call, tf.expandDims(x, 2), tf.expandDims(w, 2), flat, groups), [2]);
  }
  if (x.rank !== 4) unsupported(call, `${x.rank - 2} axes of positions`);
  const { strides, dilations, before, after } = window;
  // Where padding is negative, what lies outside is cut off.
  const low = before.map((size) => Math.max(0, -size));
  const rows = x.shape.slice(2).map((size, i) => size - low[i]! - Math.max(0, -after[i]!));
  const cut = [...before, ...after].some((size) => size < 0)
    ? tf.slice(x, [0, 0, ...low], [...x.shape.slice(0, 2), ...rows])
    : x;
  const sides = before.map((size, i): [number, number] => [Math.max(0, size), Math.max(0, after[i]!)]);
  const last = tf.transpose(cut, [0, 2, 3, 1]);
  const isPadded = sides.some(([top, bottom]) => top + bottom > 0);
  const image = isPadded ? tf.pad(last, [[0, 0], ...sides, [0, 0]]) : last;
  // No backend has strides and dilations at once: every place, of which those are kept that the strides meet.
  const isBoth = strides.some((stride) => stride > 1) && dilations.some((dilation) => dilation > 1);
  const step = (isBoth ? [1, 1] : strides) as [number, number];
  const dilation = dilations as [number, number];
  const conv = (part: TfTensor, filter: TfTensor): TfTensor =>
    tf.conv2d(part as never, filter as never, step, 'valid', 'NHWC', dilation) as TfTensor;
  const channels = x.shape[1]!;
  let y: TfTensor;
  if (groups === 1) y = conv(image, tf.transpose(w, [2, 3, 1, 0]));
  else if (groups === channels) {
    // [C · multiplier, 1, h, w] → [h, w, C, multiplier]
    const filter = tf.transpose(tf.reshape(w, [channels, -1, ...w.shape.slice(2)]), [2, 3, 0, 1]);
    y = tf.depthwiseConv2d(image as never, filter as never, step, 'valid', 'NHWC', dilation) as TfTensor;
  } else {
    const parts = tf.split(image, groups, 3);
    const filters = tf.split(w, groups, 0);
    y = tf.concat(
      parts.map((part, i) => conv(part, tf.transpose(filters[i]!, [2, 3, 1, 0]))),
      3,
    );
  }
  const kept = isBoth ? tf.stridedSlice(y, [0, 0, 0, 0], y.shape, [1, ...strides, 1]) : y;
  return tf.transpose(kept, [0, 3, 1, 2]);
}
