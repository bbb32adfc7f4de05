import { checkNode } from './check-node.ts';
import { boundedSize, checkTensor, isKnownDataType } from './check-tensor.ts';
import { decodeModel } from './decode.ts';
import type { OnnxGraph, OnnxModel, OnnxTensor, OnnxValue } from './model.ts';
import { modelFault } from './model-fault.ts';
import { acceptedIrVersions, acceptedOpsets } from './operators.ts';

/** What a model may have at most. */
export interface ModelLimits {
  /** @default 1 GiB */
  readonly bytes?: number;
  /** Nodes of all graphs together. @default 100,000 */
  readonly nodes?: number;
  /** Graphs inside nodes inside graphs. @default 8 */
  readonly graphDepth?: number;
  /** Elements of one tensor, as stated by its dimensions or made by a constant shape. @default 2^28 */
  readonly elements?: number;
}

/** What one check carries along. */
export interface CheckContext {
  readonly limits: Required<ModelLimits>;
  /** Version of each operator set that the file imports. */
  readonly opsets: ReadonlyMap<string, number>;
  nodesLeft: number;
}

/** Values that can be seen from inside a graph. */
interface Scope {
  readonly outer: Scope | undefined;
  readonly names: Set<string>;
  readonly initializers: Map<string, OnnxTensor>;
}

function fail(code: 'MODEL_INVALID' | 'MODEL_UNSUPPORTED', message: string): never {
  throw modelFault(code, message);
}

function isVisible(scope: Scope | undefined, name: string): boolean {
  for (let at = scope; at !== undefined; at = at.outer) if (at.names.has(name)) return true;
  return false;
}

function findInitializer(scope: Scope | undefined, name: string): OnnxTensor | undefined {
  for (let at = scope; at !== undefined; at = at.outer) if (at.names.has(name)) return at.initializers.get(name);
  return undefined;
}

function define(scope: Scope, name: string, what: string): void {
  if (name === '') fail('MODEL_INVALID', `${what} has no name.`);
  if (isVisible(scope, name)) fail('MODEL_INVALID', `The graph has two values named "${name}".`);
  scope.names.add(name);
}

function checkValue(value: OnnxValue, what: string, context: CheckContext, isTop: boolean): void {
  if (value.kind === 'none' && !isTop) return;
  if (value.kind === 'none') fail('MODEL_INVALID', `${what} "${value.name}" has no type.`);
  if (value.kind === 'other' || !isKnownDataType(value.dataType)) {
    const got = value.kind === 'other' ? 'no tensor' : `a tensor of type ${value.dataType}`;
    fail('MODEL_UNSUPPORTED', `${what} "${value.name}" is ${got}; numbers, booleans and strings are supported.`);
  }
  const fixed = (value.shape ?? []).filter((dimension) => typeof dimension === 'number' && dimension >= 0) as number[];
  if (boundedSize(fixed, context.limits.elements) === undefined || (value.shape?.length ?? 0) > 16) {
    fail('MODEL_INVALID', `${what} "${value.name}" claims a shape of more than ${context.limits.elements} elements.`);
  }
}

function checkGraph(graph: OnnxGraph, outer: Scope | undefined, context: CheckContext): void {
  const isTop = outer === undefined;
  const scope: Scope = { outer, names: new Set(), initializers: new Map() };
  for (const input of graph.inputs) {
    define(scope, input.name, 'An input of the graph');
    checkValue(input, 'The input', context, isTop);
  }
  if (graph.sparseInitializers.length > 0) fail('MODEL_UNSUPPORTED', 'The graph has sparse initializers.');
  const inputNames = new Set(scope.names);
  for (const tensor of graph.initializers) {
    checkTensor(tensor, `The initializer "${tensor.name}"`, context.limits.elements);
    if (scope.initializers.has(tensor.name)) fail('MODEL_INVALID', `The graph has two values named "${tensor.name}".`);
    // A default of an input has the input's name.
    if (!inputNames.has(tensor.name)) define(scope, tensor.name, 'An initializer');
    scope.initializers.set(tensor.name, tensor);
  }
  const later = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const [index, node] of graph.nodes.entries()) {
    const label = `The node ${node.name === '' ? `#${index}` : `"${node.name}"`} (${node.operator})`;
    if (--context.nodesLeft < 0) fail('MODEL_INVALID', `The model has more than ${context.limits.nodes} nodes.`);
    for (const input of node.inputs) {
      if (input === '' || isVisible(scope, input)) continue;
      const why = later.has(input)
        ? 'which is made by itself or a later node: the graph has a cycle, or its nodes are not in order'
        : 'which nothing makes';
      fail('MODEL_INVALID', `${label} takes "${input}", ${why}.`);
    }
    checkNode(node, label, context, {
      initializer: (name) => findInitializer(scope, name),
      graph: (inner) => checkGraph(inner, scope, context),
    });
    for (const output of node.outputs) if (output !== '') define(scope, output, label);
  }
  const outputs = new Set<string>();
  for (const output of graph.outputs) {
    if (outputs.has(output.name)) fail('MODEL_INVALID', `The graph has two outputs named "${output.name}".`);
    outputs.add(output.name);
    if (!isVisible(scope, output.name)) fail('MODEL_INVALID', `Nothing makes the output "${output.name}".`);
    checkValue(output, 'The output', context, isTop);
  }
  if (outputs.size === 0) fail('MODEL_INVALID', 'The graph has no output.');
}

function checkHeader(model: OnnxModel): Map<string, number> {
  const [firstIr, lastIr] = acceptedIrVersions;
  if (model.irVersion < 1) fail('MODEL_INVALID', 'The file states no version of the format.');
  if (model.irVersion < firstIr || model.irVersion > lastIr) {
    fail(
      'MODEL_UNSUPPORTED',
      `Expected version ${firstIr} to ${lastIr} of the ONNX format (IR version), got ${model.irVersion}.`,
    );
  }
  if (model.functionCount > 0)
    fail('MODEL_UNSUPPORTED', 'The model defines functions of its own (local functions); inline them first.');
  if (model.trainingCount > 0) fail('MODEL_UNSUPPORTED', 'The model has training graphs.');
  const opsets = new Map<string, number>();
  for (const { domain, version } of model.opsets) {
    if (opsets.has(domain)) fail('MODEL_INVALID', `The operator set "${domain}" is imported twice.`);
    opsets.set(domain, version);
    const range = Object.hasOwn(acceptedOpsets, domain) ? acceptedOpsets[domain] : undefined;
    // An import that no node uses does nothing; a node that uses it is refused.
    if (range === undefined) continue;
    if (version < range[0] || version > range[1]) {
      fail(
        'MODEL_UNSUPPORTED',
        `Expected version ${range[0]} to ${range[1]} of "${domain || 'ai.onnx'}", got ${version}.`,
      );
    }
  }
  if (opsets.size === 0) fail('MODEL_INVALID', 'The model imports no operator set.');
  const keys = new Set(model.metadata.map(([key]) => key));
  if (keys.size !== model.metadata.length) fail('MODEL_INVALID', 'The metadata have a key twice.');
  return opsets;
}

/**
 * Decodes and checks a model that nobody vouches for, before a runtime sees it: one file with its data inside, known
 * operator sets, bounded shapes that fit the data, every value made once and before it is used.
 *
 * @throws {TrainerError} MODEL_INVALID or MODEL_UNSUPPORTED, with the node's name where there is one.
 */
export function checkModel(bytes: Uint8Array, limits: ModelLimits = {}): OnnxModel {
  const all: Required<ModelLimits> = {
    bytes: limits.bytes ?? 1_073_741_824,
    nodes: limits.nodes ?? 100_000,
    graphDepth: limits.graphDepth ?? 8,
    elements: limits.elements ?? 268_435_456,
  };
  if (bytes.length > all.bytes) {
    fail('MODEL_INVALID', `The model has ${bytes.length} bytes; at most ${all.bytes} are accepted.`);
  }
  const model = decodeModel(bytes, { graphDepth: all.graphDepth });
  const opsets = checkHeader(model);
  checkGraph(model.graph, undefined, { limits: all, opsets, nodesLeft: all.nodes });
  return model;
}
