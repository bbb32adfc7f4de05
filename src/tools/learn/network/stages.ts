/** A linear map, and max(·, 0) of it where `relu`. */
export interface DenseStage {
  readonly kind: 'dense';
  /** [inputs, outputs], row-major. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly relu: boolean;
}

/** One step of a network that predicts. */
export type Stage =
  | DenseStage
  /** The input plus the second map of the first. */
  | { readonly kind: 'block'; readonly first: DenseStage; readonly second: DenseStage }
  /** max(x · scale + shift, 0), value by value. */
  | { readonly kind: 'scale'; readonly scale: Float32Array; readonly shift: Float32Array };

/** Trained tensors by `layer/name`. */
export type Weights = (key: string) => { readonly data: Float32Array; readonly shape: readonly number[] };

/** The dense layer of a name. */
export function denseStage(weights: Weights, name: string, relu: boolean): DenseStage {
  return {
    kind: 'dense',
    weight: weights(`${name}/weight`).data.slice(),
    bias: weights(`${name}/bias`).data.slice(),
    relu,
  };
}

/** Epsilon of the engine's batch norm. */
const epsilon = 1e-5;

/** A batch norm by its running statistics, as a factor and a summand. */
export function normOf(weights: Weights, name: string): { readonly scale: Float32Array; readonly shift: Float32Array } {
  const [scale, shift, mean, variance] = ['scale', 'shift', 'running-mean', 'running-variance'].map(
    (part) => weights(`${name}/${part}`).data,
  );
  const factor = scale!.map((value, i) => value / Math.sqrt(variance![i]! + epsilon));
  return { scale: factor, shift: shift!.map((value, i) => value - mean![i]! * factor[i]!) };
}

/** A dense layer that does what a norm before it did. */
export function foldNorm(
  { scale, shift }: { readonly scale: Float32Array; readonly shift: Float32Array },
  dense: DenseStage,
): DenseStage {
  const outputs = dense.bias.length;
  const bias = Float64Array.from(dense.bias);
  const weight = dense.weight.map((value, at) => {
    const input = Math.floor(at / outputs);
    bias[at % outputs]! += shift[input]! * value;
    return value * scale[input]!;
  });
  return { ...dense, weight, bias: Float32Array.from(bias) };
}

/** Runs stages on rows of `width` values, in double precision; the result is row-major. */
export function runStages(stages: readonly Stage[], input: Float64Array, rowCount: number): Float64Array {
  let values = input;
  for (const stage of stages) {
    if (stage.kind === 'dense') values = runDense(stage, values, rowCount);
    else if (stage.kind === 'scale') values = runScale(stage, values);
    else {
      const inner = runDense(stage.second, runDense(stage.first, values, rowCount), rowCount);
      for (let i = 0; i < inner.length; i++) inner[i]! += values[i]!;
      values = inner;
    }
  }
  return values;
}

function runScale({ scale, shift }: Extract<Stage, { kind: 'scale' }>, values: Float64Array): Float64Array {
  const width = scale.length;
  return values.map((value, i) => Math.max(0, value * scale[i % width]! + shift[i % width]!));
}

function runDense({ weight, bias, relu }: DenseStage, values: Float64Array, rowCount: number): Float64Array {
  const outputs = bias.length;
  const inputs = weight.length / outputs;
  const out = new Float64Array(rowCount * outputs);
  for (let row = 0; row < rowCount; row++) {
    const to = row * outputs;
    for (let j = 0; j < outputs; j++) out[to + j] = bias[j]!;
    for (let k = 0; k < inputs; k++) {
      const value = values[row * inputs + k]!;
      // Behind a ReLU, and in bins that a number does not reach, half of the values are zero.
      if (value === 0) continue;
      const from = k * outputs;
      for (let j = 0; j < outputs; j++) out[to + j]! += value * weight[from + j]!;
    }
    if (relu) for (let j = 0; j < outputs; j++) if (out[to + j]! < 0) out[to + j] = 0;
  }
  return out;
}

/** Counted operations of stages for one row. */
export function stageOperations(stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => {
    if (stage.kind === 'dense') return sum + stage.weight.length;
    if (stage.kind === 'scale') return sum + 2 * stage.scale.length;
    return sum + stage.first.weight.length + stage.second.weight.length;
  }, 0);
}
