const words = new Int32Array(2);
const double = new Float64Array(words.buffer);
const roundingShift = 6755399441055744;

/** e^x for |x| ≤ 700 with the operations of the WebAssembly kernels, bit by bit: `exponential` of `assembly/gradients.ts`. */
export function exponential(x: number): number {
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: the literal of the other implementation.
  const n = x * 1.4426950408889634 + roundingShift - roundingShift;
  const r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10;
  let p = 2.755731922398589e-7;
  p = p * r + 2.7557319223985893e-6;
  p = p * r + 2.48015873015873e-5;
  p = p * r + 1.984126984126984e-4;
  p = p * r + 1.388888888888889e-3;
  p = p * r + 8.333333333333333e-3;
  p = p * r + 4.1666666666666664e-2;
  p = p * r + 0.16666666666666666;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  words[0] = 0;
  words[1] = (n + 1023) << 20;
  return p * double[0]!;
}

/** 1 / (1 + e^−x), with the exponent held within ±700. */
export function sigmoid(x: number): number {
  return 1 / (1 + exponential(Math.max(Math.min(-x, 700), -700)));
}
