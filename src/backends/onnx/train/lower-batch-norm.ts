import { TrainerError } from '../../../core/errors.ts';
import { type BatchNormLayer, defaultEpsilon, defaultMomentum } from '../../network/layers/normalisation.ts';
import { normaliseRows } from '../autodiff/composites/normalise-rows.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { channelsFirst, channelsLast } from './channels.ts';
import { asMatrix, type LayerContext, likeRows } from './layer-context.ts';
import { followStatistics } from './running-statistics.ts';

/** The value as [N, C, ...positions] where that costs no transposition: behind convolutions. */
function asImage({ graph, inputs: [x] }: LayerContext): Value | undefined {
  if (x!.shape.length < 3) return undefined;
  const first = channelsFirst(graph, x!);
  return graph.producerOf(first)?.operator === 'Transpose' ? undefined : first;
}

/** Normalised by the running statistics, which change nothing any more. */
function predict(context: LayerContext, epsilon: number): Value {
  const { graph, inputs, parameter } = context;
  const image = asImage(context);
  const names = ['scale', 'shift', 'running-mean', 'running-variance'] as const;
  if (image !== undefined) {
    const operands = [image, ...names.map((name) => parameter(name))];
    return channelsLast(graph, graph.apply('BatchNormalization', operands, { epsilon: { float: epsilon } }));
  }
  const x = asMatrix(graph, inputs[0]!);
  const [scale, shift, mean, variance] = names.map((name) => parameter(name)) as [Value, Value, Value, Value];
  const root = graph.apply('Sqrt', [graph.apply('Add', [variance, graph.scalar(epsilon, x)])]);
  const factor = graph.apply('Div', [scale, root]);
  const scaled = graph.apply('Mul', [graph.apply('Sub', [x, mean]), factor]);
  return likeRows(graph, graph.apply('Add', [scaled, shift]), inputs[0]!);
}

/** Batch normalisation: by the batch's own statistics while training, which the running ones follow. */
export function lowerBatchNorm(
  context: LayerContext,
  { epsilon = defaultEpsilon, momentum = defaultMomentum }: BatchNormLayer,
): Value {
  const { graph, inputs, parameter, update, random, name } = context;
  if (random === undefined) return predict(context, epsilon);
  const { shape } = inputs[0]!;
  const rows = sizeOf(shape.slice(0, -1));
  if (rows < 2) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `The layer "${name}" normalises a batch of at least 2 values, got ${rows}. Take larger batches, or leave the layer out.`,
    );
  }
  const [scale, shift] = [parameter('scale'), parameter('shift')];
  const image = asImage(context);
  const normalise = (): readonly [Value, Value, Value] => {
    if (image !== undefined) {
      const attributes = { epsilon: { float: epsilon } };
      const [y, mean, variance] = graph.applyAll('ChannelNormalization', [image, scale, shift], attributes);
      return [channelsLast(graph, y!), mean!, variance!];
    }
    const { y, mean, variance } = normaliseRows(graph, asMatrix(graph, inputs[0]!), scale, shift, epsilon);
    return [likeRows(graph, y, inputs[0]!), mean, variance];
  };
  const [y, mean, variance] = normalise();
  update('running-mean', followStatistics(graph, parameter('running-mean'), mean, 1, momentum));
  const unbiased = rows / (rows - 1);
  update('running-variance', followStatistics(graph, parameter('running-variance'), variance, unbiased, momentum));
  return y;
}
