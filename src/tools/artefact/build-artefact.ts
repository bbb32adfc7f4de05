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
import type { Calibration } from '../evaluate/calibration.ts';
import { calibrationToGraph } from '../evaluate/calibration-graph.ts';
import { type Conformal, conformalToGraph } from '../evaluate/conformal.ts';
import { type DecisionRule, decisionToGraph, plainDecision } from '../evaluate/decision.ts';
import { blendToGraph } from '../evaluate/ensemble.ts';
import type { ExplanationNotes } from '../explain/explanation-notes.ts';
import type { FittedModel } from '../learn/learner.ts';
import type { DriftReference } from '../serve/drift/reference.ts';
import { checkFormats } from './column-formats.ts';

/** Everything that becomes one model file. */
export interface ArtefactParts {
  /** Inputs in the order of the preparation's columns. */
  readonly signature: ModelSignature;
  readonly preparation: Preparation;
  /** The members of the ensemble, with weights that sum to 1; those of weight 0 are left out. */
  readonly members: readonly { readonly model: FittedModel; readonly weight: number }[];
  /** Of the blend. @default none */
  readonly calibration?: Calibration;
  /** How probabilities become a label. @default the most probable class (binary: the positive one from 0.5 on) */
  readonly decision?: DecisionRule;
  /** Needed where the signature promises an interval, with its coverage. */
  readonly conformal?: Conformal;
  /** What is kept so that predictions can be explained. @default nothing */
  readonly explanation?: ExplanationNotes;
  /** What is kept so that a service can notice drift. @default nothing */
  readonly reference?: DriftReference;
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

function addClassification(graph: GraphBuilder, value: string, classes: readonly string[], parts: ArtefactParts): void {
  let probabilities = value;
  if (parts.signature.task === 'binary') {
    const negative = graph.node('Sub', [graph.floats([1], []), value]);
    probabilities = graph.node('Concat', [negative, value], { attributes: { axis: { int: 1 } } });
  }
  const chosen = decisionToGraph(graph, parts.decision ?? plainDecision(classes.length), value);
  const names = graph.constant({ type: 'string', shape: [classes.length], data: classes });
  const label = graph.node('Gather', [names, chosen], { attributes: { axis: { int: 0 } } });
  graph.output('label', label, 'string', ['N']);
  graph.output('probabilities', probabilities, 'float', ['N', classes.length]);
}

function addRegression(graph: GraphBuilder, value: string, parts: ArtefactParts, coverage: number | undefined): void {
  const values = graph.node('Squeeze', [value, graph.ints([1])]);
  graph.output('prediction', values, 'float', ['N']);
  const { conformal } = parts;
  if (coverage !== conformal?.coverage) {
    throw broken('Expected the interval of the signature to have the coverage of the given one, or both to be absent.');
  }
  if (conformal !== undefined) {
    graph.output('interval', conformalToGraph(graph, conformal, value), 'float', ['N', 2]);
  }
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
  if (!members.some(({ weight }) => weight > 0))
    throw broken('Expected a member of the ensemble with a weight, got none.');
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
  const kept = members.filter(({ weight }) => weight > 0);
  const values = kept.map(({ model }) => model.toGraph(graph, features));
  const blended = blendToGraph(
    graph,
    kept.map(({ weight }) => weight),
    values,
  );
  const value = calibrationToGraph(graph, parts.calibration ?? { kind: 'none' }, blended);
  const { output } = signature;
  if (output.kind === 'classification') addClassification(graph, value, output.classes, parts);
  else addRegression(graph, value, parts, output.interval?.coverage);

  const operationsPerRow = kept.reduce((sum, { model }) => sum + model.operationsPerRow, 10 * signature.inputs.length);
  const bytes = graph.build({
    name: 'traineragent',
    metadata: {
      [metadataKeys.signature]: writeSignature(signature),
      [metadataKeys.card]: canonicalJson({ ...parts.card, operationsPerRow }),
      ...(parts.explanation === undefined ? {} : { [metadataKeys.explanation]: canonicalJson(parts.explanation) }),
      ...(parts.reference === undefined ? {} : { [metadataKeys.reference]: canonicalJson(parts.reference) }),
    },
  });
  // What is written must pass what is asked of every file that is read.
  checkFormats(readSignature(checkModel(bytes)));
  return { bytes, hash: sha256(bytes) };
}
