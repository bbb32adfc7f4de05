import type { Kernel, KernelCall, Kernels, Tf, TfTensor } from '../kernel.ts';

const unary = (run: (tf: Tf, x: TfTensor, call: KernelCall) => TfTensor): Kernel => ({
  run: (call) => run(call.tf, call.input(0), call),
});
const binary = (run: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel => ({
  run: (call) => run(call.tf, call.input(0), call.input(1)),
});
/** Any number of inputs, one after another. */
const chain = (run: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel => ({
  run: ({ tf, node, input }) =>
    node.inputs.map((_, i) => input(i)).reduce((sum, value) => run(tf, sum, value)) as TfTensor,
});

/** What `Cast` turns values into, by the number of the type in ONNX. */
const castTypes: Readonly<Record<number, 'float32' | 'int32' | 'bool'>> = {
  1: 'float32',
  6: 'int32',
  7: 'int32',
  9: 'bool',
  11: 'float32',
};

/** Operators on each value alone. */
export const elementwiseKernels: Kernels = {
  Abs: unary((tf, x) => tf.abs(x)),
  Ceil: unary((tf, x) => tf.ceil(x)),
  Clip: {
    run({ tf, input, has, numbers }) {
      const low = has(1) ? numbers(1)[0]! : Number.NEGATIVE_INFINITY;
      const high = has(2) ? numbers(2)[0]! : Number.POSITIVE_INFINITY;
      return tf.clipByValue(input(0), low, high);
    },
  },
  Cos: unary((tf, x) => tf.cos(x)),
  Elu: unary((tf, x, { float }) =>
    tf.where(tf.greater(x, 0), x, tf.mul(tf.expm1(tf.minimum(x, 0)), float('alpha', 1))),
  ),
  Erf: { needs: ['Erf'], ...unary((tf, x) => tf.erf(x)) },
  Exp: unary((tf, x) => tf.exp(x)),
  Floor: unary((tf, x) => tf.floor(x)),
  Gelu: {
    needs: ['Erf'],
    ...unary((tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))),
  },
  HardSigmoid: unary((tf, x, { float }) =>
    tf.clipByValue(tf.add(tf.mul(x, float('alpha', 0.2)), float('beta', 0.5)), 0, 1),
  ),
  HardSwish: unary((tf, x) => tf.mul(x, tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1))),
  Identity: unary((_, x) => x.clone()),
  LeakyRelu: unary((tf, x, { float }) => tf.leakyRelu(x, float('alpha', 0.01))),
  Log: unary((tf, x) => tf.log(x)),
  Neg: unary((tf, x) => tf.neg(x)),
  Not: unary((tf, x) => tf.logicalNot(x)),
  Reciprocal: unary((tf, x) => tf.div(1, x)),
  Relu: unary((tf, x) => tf.relu(x)),
  Round: unary((tf, x) => tf.round(x)),
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  Sign: unary((tf, x) => tf.sign(x)),
  Sin: unary((tf, x) => tf.sin(x)),
  Softplus: unary((tf, x) => tf.softplus(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Tanh: unary((tf, x) => tf.tanh(x)),
  Cast: {
    run(call) {
      return call.tf.cast(call.input(0), castTypes[call.int('to', 1)] ?? 'float32');
    },
  },
  Add: binary((tf, a, b) => tf.add(a, b)),
  And: binary((tf, a, b) => tf.logicalAnd(a, b)),
  Div: binary((tf, a, b) => tf.div(a, b)),
  Equal: binary((tf, a, b) => tf.equal(a, b)),
  Greater: binary((tf, a, b) => tf.greater(a, b)),
  GreaterOrEqual: binary((tf, a, b) => tf.greaterEqual(a, b)),
  Less: binary((tf, a, b) => tf.less(a, b)),
  LessOrEqual: binary((tf, a, b) => tf.lessEqual(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  Or: binary((tf, a, b) => tf.logicalOr(a, b)),
  Pow: binary((tf, a, b) => tf.pow(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Max: chain((tf, a, b) => tf.maximum(a, b)),
  Min: chain((tf, a, b) => tf.minimum(a, b)),
  Sum: chain((tf, a, b) => tf.add(a, b)),
  Where: { run: ({ tf, input }) => tf.where(input(0), input(1), input(2)) },
};
