import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { Features, FittedModel, GraphFeatures } from './learner.ts';

/** The features of these numbers, in their order (numbers before categories). All where none are named. */
export function selectFeatures(features: Features, kept: readonly number[] | undefined): Features {
  if (kept === undefined) return features;
  const numberCount = features.numbers.length;
  return {
    rowCount: features.rowCount,
    numbers: kept.flatMap((feature) => (feature < numberCount ? [features.numbers[feature]!] : [])),
    categories: kept.flatMap((feature) => (feature < numberCount ? [] : [features.categories[feature - numberCount]!])),
  };
}

/** A model of some features as one of all features: the graph gathers what it needs. */
export function widenModel(model: FittedModel, kept: readonly number[] | undefined, numberCount: number): FittedModel {
  if (kept === undefined) return model;
  const numbers = kept.filter((feature) => feature < numberCount);
  const categories = kept.filter((feature) => feature >= numberCount).map((feature) => feature - numberCount);
  return {
    learner: model.learner,
    outputCount: model.outputCount,
    operationsPerRow: model.operationsPerRow,
    predict: (features) => model.predict(selectFeatures(features, kept)),
    toGraph: (graph, inputs) => model.toGraph(graph, selectGraphFeatures(graph, inputs, numbers, categories)),
    toState: () => model.toState(),
    importance: () => model.importance(),
  };
}

function selectGraphFeatures(
  graph: GraphBuilder,
  inputs: GraphFeatures,
  numbers: readonly number[],
  categories: readonly number[],
): GraphFeatures {
  const gather = (value: string, columns: readonly number[]) =>
    graph.node('Gather', [value, graph.ints(columns)], { attributes: { axis: { int: 1 } } });
  return {
    ...(numbers.length === 0 ? {} : { numbers: gather(inputs.numbers!, numbers) }),
    ...(categories.length === 0 ? {} : { codes: gather(inputs.codes!, categories) }),
    numberCount: numbers.length,
    categorySizes: categories.map((category) => inputs.categorySizes[category]!),
  };
}
