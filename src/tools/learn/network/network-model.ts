import type { FittedModel, ModelState, TaskKind } from '../learner.ts';
import { sigmoid, softmax } from '../link-functions.ts';
import { type Encoding, encode, layoutOf } from './encoding.ts';
import { networkToGraph } from './network-graph.ts';
import { type DenseStage, runStages, type Stage, stageOperations } from './stages.ts';

/** Everything that a trained network is. */
export interface NetworkParts {
  readonly task: TaskKind;
  readonly encoding: Encoding;
  /** [entries, width] of all categories, one after another; empty where there are none. */
  readonly table: Float32Array;
  readonly stages: readonly Stage[];
  /** Regression: what comes out times `scale`, plus `centre`, is the value. */
  readonly centre: number;
  readonly scale: number;
  /** A number a feature, summing to 1 or all 0. */
  readonly importance: Float64Array;
}

/** Rows that are computed at once while predicting. */
const chunk = 256;

/** Columns of what the last stage gives: a logit a class (one for binary), or one value. */
function outputsOf(stages: readonly Stage[]): number {
  return (stages.at(-1) as DenseStage).bias.length;
}

/** A trained network as a model: encoding, embeddings, layers, and for classes the sigmoid or softmax. */
export function createNetworkModel(parts: NetworkParts): FittedModel {
  const { task, encoding, stages, centre, scale } = parts;
  const outputCount = outputsOf(stages);
  const layout = layoutOf(encoding);
  return {
    learner: 'network',
    outputCount,
    operationsPerRow: stageOperations(stages) + 4 * layout.numberWidth + 4 * encoding.sizes.length + 10 * outputCount,
    predict(features) {
      const out = new Float64Array(features.rowCount * outputCount);
      for (let start = 0; start < features.rowCount; start += chunk) {
        const end = Math.min(features.rowCount, start + chunk);
        const values = runStages(
          stages,
          joined(parts, encode(encoding, features, Float64Array, start, end)),
          end - start,
        );
        if (task === 'binary') sigmoid(values);
        else if (task === 'multiclass') softmax(values, outputCount);
        else for (let i = 0; i < values.length; i++) values[i] = values[i]! * scale + centre;
        out.set(values, start * outputCount);
      }
      return out;
    },
    toGraph: (graph, inputs) => networkToGraph(graph, inputs, parts),
    toState: () => toState(parts),
    importance: () => parts.importance.slice(),
    shifted(by) {
      const last = stages.at(-1) as DenseStage;
      const moved = { ...last, bias: last.bias.map((value, k) => value + by[k]!) };
      return createNetworkModel({ ...parts, stages: [...stages.slice(0, -1), moved] });
    },
  };
}

/** The inputs of the first layer: numbers, then the vectors of the categories. */
function joined(
  { encoding, table }: NetworkParts,
  { numbers, entries, rowCount }: { numbers: Float64Array; entries: Int32Array; rowCount: number },
): Float64Array {
  const count = encoding.sizes.length;
  if (count === 0) return numbers;
  const { numberWidth, entries: rows } = layoutOf(encoding);
  const width = table.length / rows;
  const total = numberWidth + count * width;
  const out = new Float64Array(rowCount * total);
  for (let row = 0; row < rowCount; row++) {
    out.set(numbers.subarray(row * numberWidth, (row + 1) * numberWidth), row * total);
    for (let f = 0; f < count; f++) {
      const entry = entries[row * count + f]!;
      out.set(table.subarray(entry * width, (entry + 1) * width), row * total + numberWidth + f * width);
    }
  }
  return out;
}

/** The kinds of the stages as JSON; their numbers are arrays. */
type StageHead = { readonly kind: Stage['kind']; readonly relu?: boolean };

function toState({ task, encoding, table, stages, centre, scale, importance }: NetworkParts): ModelState {
  const arrays: Record<string, Float32Array | Float64Array> = { table, importance };
  const keep = (name: string, { weight, bias }: DenseStage) => {
    arrays[`${name}.weight`] = weight;
    arrays[`${name}.bias`] = bias;
  };
  const heads = stages.map((stage, i): StageHead => {
    if (stage.kind === 'dense') {
      keep(`${i}`, stage);
      return { kind: 'dense', relu: stage.relu };
    }
    if (stage.kind === 'scale') {
      arrays[`${i}.scale`] = stage.scale;
      arrays[`${i}.shift`] = stage.shift;
      return { kind: 'scale' };
    }
    keep(`${i}.first`, stage.first);
    keep(`${i}.second`, stage.second);
    return { kind: 'block' };
  });
  return { formatVersion: 1, learner: 'network', json: { task, encoding, heads, centre, scale }, arrays };
}

/** Reads what `toState` wrote. */
export function reviveNetworkModel(state: ModelState): FittedModel {
  const { heads, ...rest } = state.json as Pick<NetworkParts, 'task' | 'encoding' | 'centre' | 'scale'> & {
    readonly heads: readonly StageHead[];
  };
  const array = (name: string) => state.arrays[name] as Float32Array;
  const dense = (name: string, relu: boolean): DenseStage => ({
    kind: 'dense',
    weight: array(`${name}.weight`),
    bias: array(`${name}.bias`),
    relu,
  });
  const stages = heads.map(({ kind, relu }, i): Stage => {
    if (kind === 'dense') return dense(`${i}`, relu === true);
    if (kind === 'scale') return { kind, scale: array(`${i}.scale`), shift: array(`${i}.shift`) };
    return { kind, first: dense(`${i}.first`, true), second: dense(`${i}.second`, false) };
  });
  return createNetworkModel({
    ...rest,
    stages,
    table: array('table'),
    importance: state.arrays.importance as Float64Array,
  });
}
