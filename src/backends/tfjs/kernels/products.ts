import { axisOf, type Kernel, type KernelCall, type Kernels, type TfTensor, unsupported } from '../kernel.ts';

type Reduce = (call: KernelCall, x: TfTensor, axes: number[], keep: boolean) => TfTensor;

/** Over the axes of the second input or of the attribute; over all where there are none. */
const reduction = (reduce: Reduce): Kernel => ({
  run(call) {
    const x = call.input(0);
    const given = call.has(1) ? call.numbers(1) : (call.ints('axes') ?? []);
    if (given.length === 0 && call.int('noop_with_empty_axes', 0) === 1) return x.clone();
    const axes = given.length === 0 ? x.shape.map((_, axis) => axis) : given.map((axis) => axisOf(axis, x.rank));
    return reduce(call, x, axes, call.int('keepdims', 1) === 1);
  },
});

const onLastAxis = (call: KernelCall): TfTensor => {
  const x = call.input(0);
  if (axisOf(call.int('axis', -1), x.rank) !== x.rank - 1) unsupported(call, 'an axis that is not the last');
  return x;
};

/** Products of matrices, sums and what normalises. */
export const productKernels: Kernels = {
  MatMul: {
    run: ({ tf, input }) => (input(0).rank === 1 ? tf.dot(input(0), input(1)) : tf.matMul(input(0), input(1))),
  },
  FusedMatMul: {
    run(call) {
      const { tf, input, int, float } = call;
      if (int('transBatchA', 0) + int('transBatchB', 0) > 0) unsupported(call, 'transposed batches');
      const product = tf.matMul(input(0), input(1), int('transA', 0) === 1, int('transB', 0) === 1);
      const alpha = float('alpha', 1);
      return alpha === 1 ? product : tf.mul(product, alpha);
    },
  },
  Gemm: {
    run({ tf, input, has, int, float }) {
      const product = tf.matMul(input(0), input(1), int('transA', 0) === 1, int('transB', 0) === 1);
      const [alpha, beta] = [float('alpha', 1), float('beta', 1)];
      const scaled = alpha === 1 ? product : tf.mul(product, alpha);
      return has(2) ? tf.add(scaled, beta === 1 ? input(2) : tf.mul(input(2), beta)) : scaled;
    },
  },
  ReduceSum: reduction(({ tf }, x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMean: reduction(({ tf }, x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceMax: reduction(({ tf }, x, axes, keep) => tf.max(x, axes, keep)),
  ReduceMin: reduction(({ tf }, x, axes, keep) => tf.min(x, axes, keep)),
  ReduceL1: reduction(({ tf }, x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceL2: reduction(({ tf }, x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),
  ReduceSumSquare: reduction(({ tf }, x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ReduceLogSumExp: reduction(({ tf }, x, axes, keep) => tf.logSumExp(x, axes, keep)),
  Softmax: { run: (call) => call.tf.softmax(onLastAxis(call)) },
  LogSoftmax: { run: (call) => call.tf.logSoftmax(onLastAxis(call)) },
  ArgMax: {
    run({ tf, input, int }) {
      const x = input(0);
      const axis = axisOf(int('axis', 0), x.rank);
      const found = tf.argMax(x, axis);
      return int('keepdims', 1) === 1 ? tf.expandDims(found, axis) : found;
    },
  },
  LayerNormalization: {
    run(call) {
      const { tf, input, has, float } = call;
      const x = onLastAxis(call);
      const mean = tf.mean(x, -1, true);
      const centred = tf.sub(x, mean);
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), float('epsilon', 1e-5)));
      const scaled = tf.mul(tf.mul(centred, inverse), input(1));
      return [has(2) ? tf.add(scaled, input(2)) : scaled, mean, inverse];
    },
  },
  BatchNormalization: {
    run(call) {
      const { tf, input, float } = call;
      if (call.int('training_mode', 0) === 1) unsupported(call, 'training_mode');
      const x = input(0);
      const wide = (i: number) => tf.reshape(input(i), [-1, ...x.shape.slice(2).map(() => 1)]);
      const factor = tf.mul(wide(1), tf.rsqrt(tf.add(wide(4), float('epsilon', 1e-5))));
      return tf.add(tf.mul(tf.sub(x, wide(3)), factor), wide(2));
    },
  },
  GroupNormalization: {
    run({ tf, input, int, float }) {
      const x = input(0);
      const [batch, channels, ...sizes] = x.shape as [number, number, ...number[]];
      const grouped = tf.reshape(x, [batch, int('num_groups', 1), -1]);
      const centred = tf.sub(grouped, tf.mean(grouped, -1, true));
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), float('epsilon', 1e-5)));
      const normal = tf.reshape(tf.mul(centred, inverse), x.shape);
      const wide = (i: number) => tf.reshape(input(i), [channels, ...sizes.map(() => 1)]);
      return tf.add(tf.mul(normal, wide(1)), wide(2));
    },
  },
};
