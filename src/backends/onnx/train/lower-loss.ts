import { TrainerError } from '../../../core/errors.ts';
import type { Loss } from '../../network/loss.ts';
import { classLoss } from '../autodiff/composites/class-loss.ts';
import type { Graph } from '../autodiff/graph.ts';
import { product } from '../autodiff/product.ts';
import type { Value } from '../autodiff/value.ts';

/** A loss as values of a graph: one a sample (or a value of it), and their weights where they differ. */
export interface LoweredLoss {
  readonly values: Value;
  readonly weights?: Value;
}

const sumOfLast = (graph: Graph, value: Value): Value =>
  graph.apply('ReduceSum', [value, graph.ints([-1])], { keepdims: { int: 0 } });

type Lower<L> = (graph: Graph, output: Value, target: Value, loss: L, second: Value) => LoweredLoss;

/** Probabilities' logarithms, of which a probability of 0 has the least that a float has. */
const logOf = (graph: Graph, probabilities: Value): Value =>
  graph.apply('Log', [graph.apply('Max', [probabilities, graph.scalar(1e-30, probabilities)])]);

/** Σ p·(log p − log q) of the last axis. */
function divergence(graph: Graph, probabilities: Value, logs: Value, logits: Value): Value {
  const own = graph.apply('LogSoftmax', [logits], { axis: { int: -1 } });
  return sumOfLast(graph, graph.apply('Mul', [probabilities, graph.apply('Sub', [logs, own])]));
}

/** Labels with those that count for nothing as class 0, and 1 or 0 for whether each counts. */
function withoutIgnored(graph: Graph, labels: Value, ignoreIndex: number, like: Value) {
  const isIgnored = graph.apply('Equal', [labels, graph.scalar(ignoreIndex, labels)]);
  const counts = graph.apply('Cast', [graph.apply('Not', [isIgnored])], {
    to: { int: like.type === 'double' ? 11 : 1 },
  });
  return { labels: graph.apply('Where', [isIgnored, graph.scalar(0, labels), labels]), counts };
}

/** Vectors of the last axis with length 1. */
function normalised(graph: Graph, value: Value): Value {
  const norm = graph.apply('ReduceL2', [value, graph.ints([-1])], { keepdims: { int: 1 } });
  return graph.apply('Div', [value, graph.apply('Max', [norm, graph.scalar(1e-12, norm)])]);
}

/** Cross-entropy with classes or probabilities; with class weights each value is weighted already. */
function classLossOf(
  graph: Graph,
  logits: Value,
  target: Value,
  labelSmoothing: number,
  classWeights: readonly number[] | undefined,
): LoweredLoss {
  const isClass = target.type !== 'float';
  if (isClass && classWeights === undefined && labelSmoothing === 0) {
    return { values: classLoss(graph, logits, target) };
  }
  const classes = logits.shape.at(-1)!;
  const logs = graph.apply('LogSoftmax', [logits], { axis: { int: -1 } });
  const spread = labelSmoothing / classes;
  const smooth = (probabilities: Value): Value => {
    if (labelSmoothing === 0) return probabilities;
    const kept = graph.apply('Mul', [probabilities, graph.scalar(1 - labelSmoothing, logits)]);
    return graph.apply('Add', [kept, graph.scalar(spread, logits)]);
  };
  const expected = isClass
    ? graph.apply('OneHot', [target, graph.ints([classes]), graph.offOn(spread, 1 - labelSmoothing + spread)])
    : smooth(target);
  const parts = graph.apply('Mul', [logs, expected]);
  if (classWeights === undefined) return { values: graph.apply('Neg', [sumOfLast(graph, parts)]) };
  const weights = graph.constant({ type: 'float', shape: [classes], data: Float32Array.from(classWeights) });
  return {
    values: graph.apply('Neg', [sumOfLast(graph, graph.apply('Mul', [parts, weights]))]),
    weights: graph.apply('Gather', [weights, target], { axis: { int: 0 } }),
  };
}

const lowerings: { readonly [K in Loss['kind']]: Lower<Extract<Loss, { readonly kind: K }>> } = {
  'cross-entropy'(graph, logits, target, { classWeights, labelSmoothing = 0, ignoreIndex }) {
    const { labels, counts } =
      ignoreIndex === undefined
        ? { labels: target, counts: undefined }
        : withoutIgnored(graph, target, ignoreIndex, logits);
    const { values, weights } = classLossOf(graph, logits, labels, labelSmoothing, classWeights);
    if (counts === undefined) return weights === undefined ? { values } : { values, weights };
    return {
      values: graph.apply('Mul', [values, counts]),
      weights: weights === undefined ? counts : graph.apply('Mul', [weights, counts]),
    };
  },
  // Softplus is log(1 + eˣ) without overflow: −log sigmoid(x) = softplus(−x).
  'binary-cross-entropy'(graph, logits, target, { positiveWeight = 1 }) {
    const negative = graph.apply('Softplus', [logits]);
    if (positiveWeight === 1) {
      return { values: graph.apply('Sub', [negative, graph.apply('Mul', [logits, target])]) };
    }
    const positive = graph.apply('Softplus', [graph.apply('Neg', [logits])]);
    const weighted = graph.apply('Mul', [positive, graph.scalar(positiveWeight, logits)]);
    const difference = graph.apply('Mul', [target, graph.apply('Sub', [weighted, negative])]);
    return { values: graph.apply('Add', [negative, difference]) };
  },
  'mean-squared-error'(graph, output, target) {
    const error = graph.apply('Sub', [output, target]);
    return { values: graph.apply('Mul', [error, error]) };
  },
  'mean-absolute-error': (graph, output, target) => ({
    values: graph.apply('Abs', [graph.apply('Sub', [output, target])]),
  }),
  // With m = min(|e|, δ): m·(|e| − m/2) is e²/2 near zero and δ·(|e| − δ/2) beyond.
  huber(graph, output, target, { delta = 1 }) {
    const size = graph.apply('Abs', [graph.apply('Sub', [output, target])]);
    const cut = graph.apply('Min', [size, graph.scalar(delta, output)]);
    const half = graph.apply('Mul', [cut, graph.scalar(0.5, output)]);
    return { values: graph.apply('Mul', [cut, graph.apply('Sub', [size, half])]) };
  },
  quantile(graph, output, target, { quantiles }) {
    const error = graph.apply('Sub', [graph.apply('Unsqueeze', [target, graph.ints([-1])]), output]);
    const weights = (shift: number): Value =>
      graph.constant({
        type: 'float',
        shape: [quantiles.length],
        data: Float32Array.from(quantiles, (quantile) => quantile - shift),
      });
    const [above, below] = [weights(0), weights(1)].map((weight) => graph.apply('Mul', [error, weight]));
    return { values: graph.apply('Max', [above!, below!]) };
  },
  poisson: (graph, output, target) => ({
    values: graph.apply('Sub', [graph.apply('Exp', [output]), graph.apply('Mul', [target, output])]),
  }),
  'kullback-leibler': (graph, logits, target) => ({
    values: divergence(graph, target, logOf(graph, target), logits),
  }),
  // The teacher's part is multiplied by the square of the temperature, so that its gradient has the size of the other's.
  distillation(graph, logits, target, { temperature = 2, teacherWeight = 0.5 }, second) {
    const teacher = teacherWeight === 1 ? target : second;
    const softened = (value: Value) => graph.apply('Mul', [value, graph.scalar(1 / temperature, value)]);
    const logs = graph.apply('LogSoftmax', [softened(teacher)], { axis: { int: -1 } });
    const soft = divergence(graph, graph.apply('Exp', [logs]), logs, softened(logits));
    const scaled = graph.apply('Mul', [soft, graph.scalar(teacherWeight * temperature * temperature, soft)]);
    if (teacherWeight === 1) return { values: scaled };
    const hard = classLoss(graph, logits, target);
    return {
      values: graph.apply('Add', [scaled, graph.apply('Mul', [hard, graph.scalar(1 - teacherWeight, hard)])]),
    };
  },
  // Here the second output stands in the target's place. The other rows of the batch are what each is told apart from.
  contrastive(graph, output, other, { temperature = 0.07 }) {
    if (output.shape[0]! < 2) {
      throw new TrainerError(
        'REQUEST_INVALID',
        'The contrastive loss compares at least 2 rows of a batch, got 1. Take larger batches.',
      );
    }
    const [a, b] = [normalised(graph, output), normalised(graph, other)];
    const alike = product(graph, a, b, { transB: true, alpha: 1 / temperature });
    const own = graph.apply('Mul', [sumOfLast(graph, graph.apply('Mul', [a, b])), graph.scalar(1 / temperature, a)]);
    const [rows, columns] = [1, 0].map((axis) =>
      graph.apply('ReduceLogSumExp', [alike, graph.ints([axis])], { keepdims: { int: 0 } }),
    );
    const mean = graph.apply('Mul', [graph.apply('Add', [rows!, columns!]), graph.scalar(0.5, a)]);
    return { values: graph.apply('Sub', [mean, own]) };
  },
};

/** Adds a loss to a graph: what it judges and by what, in the order of its places. */
export function lowerLoss(graph: Graph, loss: Loss, outputs: readonly Value[], targets: readonly Value[]): LoweredLoss {
  const [first, second, third] = [...outputs, ...targets];
  return (lowerings[loss.kind] as Lower<Loss>)(graph, first!, second!, loss, third!);
}

/**
 * The mean of a loss over the parts of a batch as one number, weighted where there are weights, and the share of each
 * part in it.
 */
export function meanOfParts(graph: Graph, parts: readonly LoweredLoss[]) {
  const add = (values: readonly Value[]) => values.reduce((a, b) => graph.apply('Add', [a, b]));
  if (parts.some(({ weights }) => weights !== undefined)) {
    const weight = add(parts.map(({ weights }) => totalOf(graph, weights!)));
    // Where nothing counts the loss is 0, not 0/0.
    const total = graph.apply('Max', [weight, graph.scalar(1e-30, weight)]);
    const shares = parts.map(({ values }) => graph.apply('Div', [totalOf(graph, values), total]));
    return { mean: add(shares), parts: shares };
  }
  const means = parts.map(({ values }) => graph.apply('ReduceMean', [values], { keepdims: { int: 0 } }));
  const count = parts.reduce((sum, { values }) => sum + values.shape[0]!, 0);
  const shares = means.map((mean, i) => {
    const rows = parts[i]!.values.shape[0]!;
    return rows === count ? mean : graph.apply('Mul', [mean, graph.scalar(rows / count, mean)]);
  });
  return { mean: add(shares), parts: shares };
}

/** The sum of all values as one number. */
export function totalOf(graph: Graph, values: Value): Value {
  return graph.apply('ReduceSum', [values], { keepdims: { int: 0 } });
}
