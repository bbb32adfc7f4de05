import type { Loss } from '../../network/loss.ts';
import { classLoss } from '../autodiff/composites/class-loss.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';

/** A loss as values of a graph: one a sample (or a value of it), and their weights where they differ. */
export interface LoweredLoss {
  readonly values: Value;
  readonly weights?: Value;
}

const sumOfLast = (graph: Graph, value: Value): Value =>
  graph.apply('ReduceSum', [value, graph.ints([-1])], { keepdims: { int: 0 } });

type Lower<L> = (graph: Graph, output: Value, target: Value, loss: L) => LoweredLoss;

const lowerings: { readonly [K in Loss['kind']]: Lower<Extract<Loss, { readonly kind: K }>> } = {
  'cross-entropy'(graph, logits, target, { classWeights, labelSmoothing = 0 }) {
    const classes = logits.shape.at(-1)!;
    if (target.type !== 'float' && classWeights === undefined && labelSmoothing === 0) {
      return { values: classLoss(graph, logits, target) };
    }
    const logs = graph.apply('LogSoftmax', [logits], { axis: { int: -1 } });
    const spread = labelSmoothing / classes;
    const isClass = target.type !== 'float';
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
};

/** Adds a loss to a graph. */
export function lowerLoss(graph: Graph, loss: Loss, output: Value, target: Value): LoweredLoss {
  return (lowerings[loss.kind] as Lower<Loss>)(graph, output, target, loss);
}

/** The mean of a loss as one number: weighted where there are weights. */
export function meanLoss(graph: Graph, { values, weights }: LoweredLoss): Value {
  if (weights === undefined) return graph.apply('ReduceMean', [values], { keepdims: { int: 0 } });
  return graph.apply('Div', [totalOf(graph, values), totalOf(graph, weights)]);
}

/** The sum of all values as one number. */
export function totalOf(graph: Graph, values: Value): Value {
  return graph.apply('ReduceSum', [values], { keepdims: { int: 0 } });
}
