import { axisOf, type KernelCall, type Kernels, type TfTensor, unsupported } from '../kernel.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The shape that two broadcast to. */
function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}

/** For indices along an axis of a shape, their positions in the flat data. */
function flatPositions({ tf, input, constant }: KernelCall, shape: readonly number[], axis: number): TfTensor {
  const indices = input(1);
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const base = constant(`base:${shape}:${indices.shape}`, () => {
    const offsets = new Int32Array(indices.size);
    for (let i = 0; i < offsets.length; i++) {
      let rest = i;
      for (let d = indices.rank - 1; d >= 0; d--) {
        const size = indices.shape[d]!;
        if (d !== axis) offsets[i]! += (rest % size) * strides[d]!;
        rest = Math.floor(rest / size);
      }
    }
    return tf.tensor(offsets, indices.shape, 'int32');
  });
  const size = tf.scalar(shape[axis]!, 'int32');
  const isBehind = tf.less(indices, tf.scalar(0, 'int32'));
  const forward = tf.where(isBehind, tf.add(indices, size), indices);
  return tf.reshape(tf.add(base, tf.mul(forward, tf.scalar(strides[axis]!, 'int32'))), [-1]);
}

/** Operators that move values and change none. */
export const shapingKernels: Kernels = {
  Reshape: {
    run({ tf, input, numbers }) {
      const x = input(0);
      return tf.reshape(
        x,
        numbers(1).map((size, i) => (size === 0 ? x.shape[i]! : size)),
      );
    },
  },
  Flatten: {
    run({ tf, input, int }) {
      const x = input(0);
      return tf.reshape(x, [sizeOf(x.shape.slice(0, axisOf(int('axis', 1), x.rank))), -1]);
    },
  },
  Squeeze: {
    run({ tf, input, has, numbers }) {
      const x = input(0);
      const axes = has(1) ? numbers(1).map((axis) => axisOf(axis, x.rank)) : undefined;
      return tf.reshape(
        x,
        x.shape.filter((size, i) => (axes === undefined ? size !== 1 : !axes.includes(i))),
      );
    },
  },
  Unsqueeze: {
    run({ tf, input, numbers }) {
      const x = input(0);
      const rank = x.rank + numbers(1).length;
      const axes = numbers(1).map((axis) => axisOf(axis, rank));
      const kept = [...x.shape];
      return tf.reshape(
        x,
        Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : kept.shift()!)),
      );
    },
  },
  Transpose: { run: ({ tf, input, ints }) => tf.transpose(input(0), ints('perm')?.slice()) },
  Expand: {
    run({ tf, input, numbers }) {
      const x = input(0);
      return tf.broadcastTo(x, broadcast(x.shape, numbers(1)));
    },
  },
  Concat: {
    run({ tf, node, input, int }) {
      const parts = node.inputs.map((_, i) => input(i)).filter(({ size }) => size > 0);
      return parts.length === 1 ? parts[0]!.clone() : tf.concat(parts, axisOf(int('axis', 0), parts[0]!.rank));
    },
  },
  Split: {
    run({ tf, node, input, has, numbers, int }) {
      const x = input(0);
      const axis = axisOf(int('axis', 0), x.rank);
      return tf.split(x, has(1) ? numbers(1).slice() : node.outputs.length, axis);
    },
  },
  Slice: {
    run(call) {
      const { tf, input, has, numbers } = call;
      const x = input(0);
      const [starts, ends] = [numbers(1), numbers(2)];
      const axes = has(3) ? numbers(3).map((axis) => axisOf(axis, x.rank)) : starts.map((_, i) => i);
      const steps = has(4) ? numbers(4) : starts.map(() => 1);
      const reversed = axes.filter((_, i) => steps[i]! < 0);
      const turned = reversed.length === 0 ? x : tf.reverse(x, reversed);
      const begin = x.shape.map(() => 0);
      const end = x.shape.slice();
      const stride = x.shape.map(() => 1);
      for (const [i, axis] of axes.entries()) {
        const size = x.shape[axis]!;
        const at = (position: number) => (position < 0 ? position + size : position);
        const clamp = (position: number) => Math.max(0, Math.min(size, position));
        const step = steps[i]!;
        // Backwards from s to e is forwards from size − 1 − s to size − 1 − e in what was turned round.
        begin[axis] = clamp(step > 0 ? at(starts[i]!) : size - 1 - Math.min(size - 1, at(starts[i]!)));
        end[axis] = clamp(step > 0 ? at(ends[i]!) : size - 1 - Math.max(-1, at(ends[i]!)));
        stride[axis] = Math.abs(step);
      }
      const sizes = end.map((value, i) => Math.max(0, value - begin[i]!));
      if (stride.every((step) => step === 1)) return tf.slice(turned, begin, sizes);
      return tf.stridedSlice(turned, begin, end, stride);
    },
  },
  Pad: {
    run(call) {
      const { tf, input, has, numbers, text } = call;
      const x = input(0);
      if (text('mode', 'constant') !== 'constant' || has(3)) unsupported(call, 'a mode that is not constant, or axes');
      const pads = numbers(1);
      const value = has(2) ? numbers(2)[0]! : 0;
      return tf.pad(
        x,
        x.shape.map((_, i): [number, number] => [pads[i]!, pads[i + x.rank]!]),
        value,
      );
    },
  },
  Gather: {
    run({ tf, input, int }) {
      const x = input(0);
      return tf.gather(x, input(1) as Parameters<typeof tf.gather>[1], axisOf(int('axis', 0), x.rank));
    },
  },
  GatherElements: {
    run(call) {
      const { tf, input, int } = call;
      const x = input(0);
      const flat = flatPositions(call, x.shape, axisOf(int('axis', 0), x.rank)) as Parameters<typeof tf.gather>[1];
      return tf.reshape(tf.gather(tf.reshape(x, [-1]), flat), input(1).shape);
    },
  },
  ScatterElements: {
    needs: ['ScatterNd'],
    run(call) {
      const { tf, input, int, text } = call;
      const x = input(0);
      const kind = text('reduction', 'none');
      if (kind !== 'add') unsupported(call, `the reduction ${kind}`);
      const flat = tf.reshape(flatPositions(call, x.shape, axisOf(int('axis', 0), x.rank)), [-1, 1]);
      // Where an index comes more than once its values are summed.
      const sums = tf.scatterND(flat, tf.reshape(input(2), [-1]), [x.size]);
      return tf.add(x, tf.reshape(sums, x.shape));
    },
  },
  OneHot: {
    run(call) {
      const { tf, input, numbers, int } = call;
      const indices = input(0);
      if (axisOf(int('axis', -1), indices.rank + 1) !== indices.rank) unsupported(call, 'an axis that is not the last');
      const [off, on] = numbers(2) as [number, number];
      return tf.oneHot(indices as Parameters<typeof tf.oneHot>[0], numbers(1)[0]!, on, off, 'float32');
    },
  },
};
