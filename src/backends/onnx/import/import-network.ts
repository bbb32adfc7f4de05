import { TrainerError } from '../../../core/errors.ts';
import { checkModel, type ModelLimits } from '../../../onnx/check-model.ts';
import { dataTypes, type OnnxGraph, type OnnxValue } from '../../../onnx/model.ts';
import { foldConstants } from '../../../onnx/passes/fold-constants.ts';
import { fusePatterns } from '../../../onnx/passes/fuse-patterns.ts';
import { plainNode } from '../../../onnx/passes/graph-pass.ts';
import { normaliseOperators } from '../../../onnx/passes/normalise-operators.ts';
import { orderNodes } from '../../../onnx/passes/order-nodes.ts';
import { removeDeadCode } from '../../../onnx/passes/remove-dead-code.ts';
import { shareSubexpressions } from '../../../onnx/passes/share-subexpressions.ts';
import { turnWeights } from '../../../onnx/passes/turn-weights.ts';
import { attributeOf } from '../../../onnx/written-parts.ts';
import type { Signature } from '../../network/layer-definition.ts';
import type { ImportedLayer, ImportedWeight } from '../../network/layers/imported.ts';
import { network } from '../../network/network.ts';
import type { Layer, NetworkSpec } from '../../network/network-spec.ts';
import { nameMatcher } from '../../network/parameter-group.ts';
import { encodeGraph } from '../autodiff/encode-graph.ts';
import { Graph } from '../autodiff/graph.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { chooseWeights } from './choose-weights.ts';
import { checkImportable, lowerGraph } from './lower-graph.ts';

/** Options of {@link importNetwork}. */
export interface ImportOptions {
  /** The value that the network ends with, by its name in the file: a head is cut off by naming what it takes. @default the first output */
  readonly output?: string;
  /** Layers behind it, a new head for instance. They may take inputs by their names, as a mask. @default none */
  readonly layers?: readonly Layer[];
  /** Sizes of one sample, without the batch, of inputs whose file leaves them open, by name: `{ input_ids: [64] }`. @default those of the file */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /**
   * Trains a low-rank change of some matrices (of `MatMul` and `Gemm`) and leaves everything else of the file as it is (LoRA: Hu et al., 2021). What is exported
   * has the change in its matrices. @default all weights are trained
   */
  readonly adapt?: AdaptOptions;
  /**
   * Whether batch normalisation goes by the running statistics in the file, or by those of each batch, which the running ones then follow.
   * @default 'frozen'
   */
  readonly batchNorm?: 'frozen' | 'batch';
  /** The name of the layer that the file becomes: weights are `name/weight` in groups and snapshots. @default 'model' */
  readonly name?: string;
  /** Outputs by name, each the name of a layer. @default { output: the last layer } */
  readonly outputs?: Readonly<Record<string, string>>;
  /** What the file may have at most. */
  readonly limits?: ModelLimits;
}

/** Which matrices are changed by low rank. */
export interface AdaptOptions {
  /** Names of weights in the file, `*` for any letters. */
  readonly match: string;
  /** @default 8 */
  readonly rank?: number;
  /** The change is multiplied by this over the rank. @default 16 */
  readonly scale?: number;
}

function fail(message: string): never {
  throw new TrainerError('REQUEST_INVALID', message);
}

/** Names of inputs in networks have fewer letters than in files. */
const inputName = (name: string): string =>
  name
    .replace(/[^\w.-]/g, '_')
    .replace(/^[^A-Za-z]/, 'input_')
    .slice(0, 64);

/** Inputs that are fed: initializers of the same name are their defaults, and constants here. */
function fedInputs(graph: OnnxGraph): readonly OnnxValue[] {
  const defaults = new Set(graph.initializers.map(({ name }) => name));
  return graph.inputs.filter(({ name }) => !defaults.has(name));
}

/** Ends the graph at one value. */
function cutAt(graph: OnnxGraph, output: string | undefined): OnnxGraph {
  const name = output ?? graph.outputs[0]!.name;
  const isThere = graph.nodes.some(({ outputs }) => outputs.includes(name));
  if (!isThere) {
    const outputs = graph.outputs.map((one) => `"${one.name}"`).join(', ');
    fail(`The model makes no value named "${name}" to end with; its outputs are ${outputs}.`);
  }
  return { ...graph, outputs: [{ name, kind: 'tensor', dataType: dataTypes.float }] };
}

/** Integers come as int64: inputs of other integers are cast within. */
function widenInputs(graph: OnnxGraph): OnnxGraph {
  const narrow = new Map(
    graph.inputs
      .filter(({ dataType }) => dataType === dataTypes.int32 || dataType === dataTypes.bool)
      .map((input) => [input.name, input]),
  );
  if (narrow.size === 0) return graph;
  const cast = (name: string) => `${name}:cast`;
  return {
    ...graph,
    inputs: graph.inputs.map((input) => (narrow.has(input.name) ? { ...input, dataType: dataTypes.int64 } : input)),
    nodes: [
      ...[...narrow.values()].map(({ name, dataType }) =>
        plainNode('Cast', [name], cast(name), [attributeOf('to', { int: dataType })]),
      ),
      ...graph.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((name) => (narrow.has(name) ? cast(name) : name)),
      })),
    ],
  };
}

/** What an input takes: one sample. */
function signatureOf({ name, dataType, shape }: OnnxValue, given: readonly number[] | undefined): Signature {
  if (dataType !== dataTypes.float && dataType !== dataTypes.int64) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `Expected the input "${name}" to be float32, int64, int32 or bool, got the element type ${dataType}. Export the model with an input of one of these.`,
    );
  }
  if (shape === undefined || shape.length === 0) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `Expected the input "${name}" to have a batch as its first axis. Export the model with one, of free size.`,
    );
  }
  const sizes = shape.slice(1).map((size, axis) => {
    const own = typeof size === 'number' && size > 0 ? size : undefined;
    const said = given?.[axis];
    if (own !== undefined && said !== undefined && own !== said) {
      fail(`Expected size ${axis} of the input "${name}" to be ${own}, as the file says, got ${said}.`);
    }
    const known = own ?? said;
    if (known === undefined) {
      fail(
        `The file leaves the sizes of the input "${name}" open ([${shape.map((one) => one ?? '?').join(', ')}]): give those of one sample, without the batch, in "shapes".`,
      );
    }
    return known;
  });
  if (given !== undefined && given.length !== sizes.length) {
    fail(`Expected ${sizes.length} sizes for the input "${name}", got [${given}].`);
  }
  return { dtype: dataType === dataTypes.float ? 'float32' : 'int64', shape: sizes };
}

/** Rows of a table that an input looks up; null where it looks up none. */
function limitOf(graph: OnnxGraph, weights: readonly ImportedWeight[], input: string): number | null {
  const rows = graph.nodes.flatMap((node) => {
    const table = weights.find(({ tensor }) => tensor === node.inputs[0]);
    const axis = node.attributes.find(({ name }) => name === 'axis')?.int ?? 0n;
    return node.operator === 'Gather' && node.inputs[1] === input && table !== undefined && axis === 0n
      ? [table.shape[0]!]
      : [];
  });
  return rows.length === 0 ? null : Math.min(...rows);
}

/** Operations of products and convolutions, and one for each other value. */
function countFlops(graph: Graph): number {
  let count = 0;
  for (const { operator, inputs, outputs } of graph.nodes) {
    const size = sizeOf(outputs[0]!.shape);
    const [a, b] = inputs;
    if (operator === 'Conv') count += 2 * size * sizeOf(b!.shape.slice(1));
    else if (['Gemm', 'MatMul', 'FusedMatMul'].includes(operator)) {
      const inner = Math.sqrt((sizeOf(a!.shape) * sizeOf(b!.shape.slice(-2))) / size);
      count += 2 * size * Math.max(1, Math.round(inner));
    } else count += size;
  }
  return count;
}

/** A lowered graph. */
interface Trace {
  readonly graph: Graph;
  readonly output: Value;
}

/** The graph with a number of samples, for what follows from it. */
function trace(file: OnnxGraph, takes: readonly Signature[], weights: readonly ImportedWeight[], batch: number): Trace {
  const graph = new Graph();
  const values = new Map([
    ...file.inputs.map(({ name }, i) => {
      const { dtype, shape } = takes[i]!;
      return [name, graph.input(name, dtype === 'float32' ? 'float' : 'int64', [batch, ...shape])] as const;
    }),
    ...weights.map(({ tensor, shape }) => [tensor, graph.input(`weight:${tensor}`, 'float', shape)] as const),
  ]);
  const lowered = lowerGraph(graph, file, {
    values,
    normalise: ({ inputs, attributes }) => graph.apply('BatchNormalization', inputs, attributes),
  });
  return { graph, output: lowered.get(file.outputs[0]!.name)! };
}

function isMadeFor(...call: Parameters<typeof trace>): boolean {
  try {
    trace(...call);
    return true;
  } catch {
    return false; // what fails for this batch size too has another reason, which the caller reports
  }
}

/** What comes out for one sample. @throws {TrainerError} MODEL_UNSUPPORTED where samples are not apart along the first axis. */
function inferOutput(file: OnnxGraph, takes: readonly Signature[], weights: readonly ImportedWeight[]) {
  const [two, three] = [2, 3].map((batch) => {
    try {
      return trace(file, takes, weights, batch);
    } catch (cause) {
      if (!TrainerError.isInstance(cause) || !isMadeFor(file, takes, weights, batch - 1)) throw cause;
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `The model works for a batch of ${batch - 1} and not of ${batch}: export it with a free batch. ${cause.message}`,
        { cause },
      );
    }
  }) as [Trace, Trace];
  const { type, shape } = two.output;
  const other = three.output.shape;
  const isBatch = shape[0] === 2 && other[0] === 3 && `${shape.slice(1)}` === `${other.slice(1)}`;
  if (type !== 'float' || !isBatch) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `Expected "${file.outputs[0]!.name}" to be float32 with the batch as its first axis, got ${type} [${shape}] for a batch of 2. A model that was exported for one batch size must be exported with a free one.`,
    );
  }
  const gives: Signature = { dtype: 'float32', shape: shape.slice(1) };
  return { gives, flops: Math.max(1, Math.round(countFlops(two.graph) / 2)) };
}

/** Products whose weights are adapted. */
function adaptersOf(
  { match, rank = 8, scale = 16 }: AdaptOptions,
  graph: OnnxGraph,
  weights: readonly ImportedWeight[],
): NonNullable<ImportedLayer['adapters']> {
  if (!Number.isInteger(rank) || rank < 1) fail(`Expected the rank of "adapt" to be an integer above 0, got ${rank}.`);
  if (!(scale > 0 && Number.isFinite(scale)))
    fail(`Expected the scale of "adapt" to be a number above 0, got ${scale}.`);
  const factors = new Set(
    graph.nodes
      .filter(({ operator, domain }) => domain === '' && (operator === 'MatMul' || operator === 'Gemm'))
      .map(({ inputs }) => inputs[1]!),
  );
  const others = new Set(
    graph.nodes.flatMap(({ operator, inputs }) => (operator === 'MatMul' || operator === 'Gemm' ? [] : inputs)),
  );
  const matrices = weights.filter(
    ({ tensor, shape, isTrained }) => isTrained && shape.length === 2 && factors.has(tensor) && !others.has(tensor),
  );
  const chosen = matrices.filter(({ name }) => nameMatcher(match)(name));
  if (chosen.length === 0) {
    fail(`"adapt" matches "${match}", none of ${matrices.map(({ name }) => `"${name}"`).join(', ') || 'no matrices'}.`);
  }
  const tooSmall = chosen.find(({ shape }) => rank > Math.min(...shape));
  if (tooSmall !== undefined) {
    fail(
      `Expected the rank of "adapt" to be at most ${Math.min(...tooSmall.shape)} for "${tooSmall.name}", got ${rank}.`,
    );
  }
  return { rank, scale, weights: chosen.map(({ name }) => name) };
}

/**
 * Makes a trainable network of an ONNX file (opset 13 to 22): its graph becomes one layer whose weights begin as the file has them, with
 * layers of choice behind it. Weights are frozen, or trained at another rate, by `groups` of the training. What is exported afterwards is
 * the file's graph with the trained weights, the batch free.
 *
 * @throws {TrainerError} MODEL_INVALID; MODEL_UNSUPPORTED listing every operator that can not be trained through, with its position;
 * REQUEST_INVALID
 * @example
 * importNetwork(await readFile('encoder.onnx'), {
 *   shapes: { input_ids: [64], attention_mask: [64] },
 *   layers: [averageTokens({ from: ['model', 'attention_mask'] }), dense(2)],
 * });
 */
export function importNetwork(bytes: Uint8Array, options: ImportOptions = {}): NetworkSpec {
  const { name = 'model', layers = [], shapes = {}, batchNorm = 'frozen' } = options;
  const checked = checkModel(bytes, options.limits);
  const opset = checked.opsets.find(({ domain }) => domain === '')?.version ?? 0;
  const whole = { ...checked.graph, inputs: fedInputs(checked.graph) };
  const known = new Set(whole.inputs.map((input) => input.name));
  const stranger = Object.keys(shapes).find((input) => !known.has(input));
  if (stranger !== undefined)
    fail(`"shapes" names "${stranger}", which is none of the inputs ${[...known].join(', ')}.`);

  const ended = cutAt(widenInputs(normaliseOperators(whole, opset)), options.output);
  const cut = turnWeights(removeDeadCode(ended));
  const taken = new Set(cut.nodes.flatMap(({ inputs }) => inputs));
  const used = { ...cut, inputs: cut.inputs.filter((input) => taken.has(input.name)) };
  if (used.inputs.length === 0) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `"${cut.outputs[0]!.name}" does not depend on any input of the model, so there is nothing to train. Name another "output".`,
    );
  }
  const weights = chooseWeights(used);
  const tensors = new Set(weights.map(({ tensor }) => tensor));
  const isWeight = (tensor: string) => tensors.has(tensor);
  const file = orderNodes(removeDeadCode(fusePatterns(shareSubexpressions(foldConstants(used, isWeight), isWeight))));
  checkImportable(file);
  const takes = file.inputs.map((input) => signatureOf(input, shapes[input.name]));
  const { gives, flops } = inferOutput(file, takes, weights);
  const inputs = file.inputs.map((input, i) => [inputName(input.name), takes[i]!] as const);
  const declared = {
    ...file,
    inputs: file.inputs.map((input, i) => ({ ...input, shape: ['batch', ...takes[i]!.shape] })),
    outputs: file.outputs.map((output) => ({ ...output, shape: ['batch', ...gives.shape] })),
    values: [],
  };
  const layer: ImportedLayer = {
    kind: 'imported',
    name,
    from: inputs.map(([input]) => input),
    // Trainings begin with the weights where they lie in the file.
    model: encodeGraph(declared, [], { isAligned: true }),
    takes,
    gives,
    limits: file.inputs.map((input) => limitOf(file, weights, input.name)),
    weights,
    flops,
    batchNorm,
    ...(options.adapt !== undefined && { adapters: adaptersOf(options.adapt, file, weights) }),
  };
  const { outputs } = options;
  return network({ inputs: Object.fromEntries(inputs), layers: [layer, ...layers], ...(outputs && { outputs }) });
}
