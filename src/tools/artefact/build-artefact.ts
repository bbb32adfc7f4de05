import { TrainerError } from '../../core/errors.ts';
import type { Json } from '../../core/helpers/canonical-json.ts';
import { canonicalJson } from '../../core/helpers/canonical-json.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { createGraphBuilder, type GraphBuilder } from '../../onnx/graph-builder.ts';
import {
  inputTensors,
  type ModelSignature,
  metadataKeys,
  readSignature,
  writeSignature,
} from '../../onnx/signature.ts';
import type { Preparation } from '../data/prepare/preparation.ts';
import { preparationToGraph } from '../data/prepare/preparation-to-graph.ts';
import type { FittedModel } from '../learn/learner.ts';

/** Adds nodes that turn one value of the graph into another, and returns its name. */
export type GraphStep = (graph: GraphBuilder, value: string) => string;

/** Everything that becomes one model file. */
export interface ArtefactParts {
  /** Inputs in the order of the preparation's columns. */
  readonly signature: ModelSignature;
  readonly preparation: Preparation;
  /** The members of the ensemble, with weights that sum to 1; one member is the model itself. */
  readonly members: readonly { readonly model: FittedModel; readonly weight: number }[];
  /**
   * Float32 [N, outputCount] of each member → one of the same shape.
   * @default the weighted mean
   */
  readonly blend?: (graph: GraphBuilder, values: readonly string[], weights: readonly number[]) => string;
  /** Calibrates the blend: [N, 1] or [N, classes] → the same. @default none */
  readonly calibrate?: GraphStep;
  /**
   * Probabilities [N, classes] → int64 [N], the class. @default the most probable, the lowest of equals (binary: the
   * positive class from 0.5 on)
   */
  readonly decide?: GraphStep;
  /** Regression [N, 1] → float32 [N, 2], low and high. Needed where the signature promises an interval. */
  readonly interval?: GraphStep;
  /** The clock-free card; `operationsPerRow` is added to it. */
  readonly card: { readonly [key: string]: Json | undefined };
}

/** A finished model file. */
export interface Artefact {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes. */
  readonly hash: string;
}

const tensorTypes = { numbers: 'float', categories: 'string', datetimes: 'int64' } as const;
const axis1 = { attributes: { axis: { int: 1 } } } as const;

/** The weighted mean of equal shapes, in the order of the members. */
function weightedMean(graph: GraphBuilder, values: readonly string[], weights: readonly number[]): string {
  if (values.length === 1) return values[0]!;
  const terms = values.map((value, i) => graph.node('Mul', [value, graph.floats([weights[i]!], [])]));
  return terms.reduce((sum, term) => graph.node('Add', [sum, term]));
}

function mostProbable(graph: GraphBuilder, probabilities: string, classCount: number): string {
  const attributes = { axis: { int: 1 }, keepdims: { int: 0 } };
  if (classCount !== 2) return graph.node('ArgMax', [probabilities], { attributes });
  // ArgMax takes the first of equals; at exactly one half the answer is the positive class.
  const positive = graph.node('Gather', [probabilities, graph.ints([1], [])], axis1);
  const reaches = graph.node('GreaterOrEqual', [positive, graph.floats([0.5], [])]);
  return graph.node('Cast', [reaches], { attributes: { to: { int: 7 } } });
}

function addClassification(graph: GraphBuilder, value: string, classes: readonly string[], parts: ArtefactParts): void {
  let probabilities = value;
  if (classes.length === 2 && parts.signature.task === 'binary') {
    const negative = graph.node('Sub', [graph.floats([1], []), value]);
    probabilities = graph.node('Concat', [negative, value], axis1);
  }
  const decide = parts.decide ?? ((inner, name) => mostProbable(inner, name, classes.length));
  const names = graph.constant({ type: 'string', shape: [classes.length], data: classes });
  const label = graph.node('Gather', [names, decide(graph, probabilities)], { attributes: { axis: { int: 0 } } });
  graph.output('label', label, 'string', ['N']);
  graph.output('probabilities', probabilities, 'float', ['N', classes.length]);
}

function addRegression(graph: GraphBuilder, value: string, parts: ArtefactParts, hasInterval: boolean): void {
  graph.output('prediction', graph.node('Squeeze', [value, graph.ints([1])]), 'float', ['N']);
  if (!hasInterval) return;
  if (parts.interval === undefined)
    throw broken('The signature promises an interval, and there is no step that makes it.');
  graph.output('interval', parts.interval(graph, value), 'float', ['N', 2]);
}

function broken(message: string): TrainerError {
  return new TrainerError('INTERNAL', message);
}

/** The preparation reads its columns by their places, so signature and preparation must list the same ones. */
function checkColumns({ signature, preparation, members }: ArtefactParts): void {
  const fits =
    signature.inputs.length === preparation.columns.length &&
    signature.inputs.every((input, i) => {
      const column = preparation.columns[i]!;
      return input.name === column.column && input.kind === column.kind;
    });
  if (!fits) throw broken('Expected the signature to have the columns of the preparation, in their order.');
  if (signature.inputs.length === 0) throw broken('Expected a model with at least one input, got none.');
  if (members.length === 0) throw broken('Expected at least one member of the ensemble, got none.');
}

/**
 * Assembles preparation, members, blend, calibration and decision into one ONNX file that carries its signature and card.
 * Equal parts give equal bytes.
 *
 * Inputs (each where it has columns): `numbers` float32 [N, n], `categories` string [N, m], `datetimes` int64 [N, d].
 * Outputs: `label` string [N] and `probabilities` float32 [N, C]; or `prediction` float32 [N] and `interval` float32 [N, 2].
 *
 * @throws {TrainerError} INTERNAL where the parts do not fit each other, MODEL_SIGNATURE where the signature is broken.
 */
export function buildArtefact(parts: ArtefactParts): Artefact {
  checkColumns(parts);
  const { signature, members } = parts;
  const graph = createGraphBuilder();
  const inputs: { -readonly [K in keyof typeof tensorTypes]?: string } = {};
  for (const [tensor, count] of inputTensors(signature.inputs)) {
    inputs[tensor] = graph.input(tensor, tensorTypes[tensor], ['N', count]);
  }
  const features = preparationToGraph(graph, parts.preparation, inputs);
  const values = members.map(({ model }) => model.toGraph(graph, features));
  const weights = members.map(({ weight }) => weight);
  let value = (parts.blend ?? weightedMean)(graph, values, weights);
  if (parts.calibrate !== undefined) value = parts.calibrate(graph, value);
  const { output } = signature;
  if (output.kind === 'classification') addClassification(graph, value, output.classes, parts);
  else addRegression(graph, value, parts, output.interval !== undefined);

  const operationsPerRow = members.reduce(
    (sum, { model }) => sum + model.operationsPerRow,
    10 * signature.inputs.length,
  );
  const bytes = graph.build({
    name: 'traineragent',
    metadata: {
      [metadataKeys.signature]: writeSignature(signature),
      [metadataKeys.card]: canonicalJson({ ...parts.card, operationsPerRow }),
    },
  });
  // What is written must pass what is asked of every file that is read.
  readSignature(checkModel(bytes));
  return { bytes, hash: sha256(bytes) };
}
