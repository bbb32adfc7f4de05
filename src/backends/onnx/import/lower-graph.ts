import { TrainerError } from '../../../core/errors.ts';
import { evaluatedOperators, evaluateNode } from '../../../onnx/evaluate-node.ts';
import type { Constant } from '../../../onnx/graph-builder.ts';
import type { OnnxGraph, OnnxNode } from '../../../onnx/model.ts';
import { attributesOf, constantOf } from '../../../onnx/read-tensor.ts';
import type { Graph } from '../autodiff/graph.ts';
import { operators } from '../autodiff/operators.ts';
import type { Value } from '../autodiff/value.ts';
import { type NodeCall, nodeLowerings } from './node-lowerings.ts';

/** Operators of ONNX by their domain that can be trained through; others of that list are ours alone. */
const importable = new Set(
  [...operators.values()]
    .filter(({ domain, build }) => build === undefined && domain !== 'com.microsoft.nchwc')
    .map(({ name, domain = '' }) => `${domain}:${name}`),
);

/** Operators that become others, or constants, when a graph is lowered. */
const rewritten = new Set([...Object.keys(nodeLowerings), 'BatchNormalization', ...evaluatedOperators]);

/** Whether nodes of this operator can be imported. */
export function isImportable({ domain, operator }: Pick<OnnxNode, 'domain' | 'operator'>): boolean {
  return importable.has(`${domain}:${operator}`) || (domain === '' && rewritten.has(operator));
}

/** What {@link lowerGraph} takes. */
export interface LowerGraphOptions {
  /** Values of the graph's inputs and of the parameters. */
  readonly values: ReadonlyMap<string, Value>;
  /** Makes batch normalisations; their inputs are x, scale, shift, mean and variance. */
  readonly normalise: (call: NodeCall & { readonly inputs: readonly Value[] }) => Value;
  /** Products with weights that are adapted; undefined for any other. */
  readonly product?: (node: OnnxNode, inputs: readonly Value[]) => Value | undefined;
}

const labelOf = (node: OnnxNode, index: number): string =>
  `${node.domain === '' ? '' : `${node.domain}.`}${node.operator} (node ${index}${node.name === '' ? '' : `, "${node.name}"`})`;

/**
 * Lists everything in a graph that can not be trained through.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED with each operator and its positions.
 */
export function checkImportable(graph: OnnxGraph): void {
  const strangers = graph.nodes.flatMap((node, index) => (isImportable(node) ? [] : [labelOf(node, index)]));
  if (strangers.length === 0) return;
  const shown = strangers.slice(0, 20).join(', ');
  const rest = strangers.length > 20 ? ` and ${strangers.length - 20} more` : '';
  throw new TrainerError(
    'MODEL_UNSUPPORTED',
    `The model has ${strangers.length} nodes of operators that can not be trained through: ${shown}${rest}. Cut the model before them with "output", or export it without them.`,
    { details: { nodes: strangers } },
  );
}

/**
 * Adds the nodes of a file to a training graph. All shapes are known, so whatever the file computes from shapes (an exported
 * transformer's Shape, Gather, Concat, Reshape) is worked out here and leaves nothing behind.
 *
 * @returns every value by its name.
 * @throws {TrainerError} MODEL_UNSUPPORTED, MODEL_INVALID naming the node.
 */
export function lowerGraph(graph: Graph, file: OnnxGraph, options: LowerGraphOptions): ReadonlyMap<string, Value> {
  const values = new Map(options.values);
  const constants = new Map<string, Constant>();
  for (const tensor of file.initializers) {
    if (values.has(tensor.name)) continue;
    const constant = constantOf(tensor);
    if (constant !== undefined) constants.set(tensor.name, constant);
  }
  const named = (name: string): Value => {
    let value = values.get(name);
    if (value !== undefined) return value;
    const constant = constants.get(name);
    if (constant === undefined || constant.type === 'string' || constant.type === 'uint8') {
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `The constant "${name}" is of a type that nothing is trained on; those of numbers are.`,
      );
    }
    value = graph.constant(constant);
    values.set(name, value);
    return value;
  };
  for (const [index, node] of file.nodes.entries()) {
    try {
      const attributes = attributesOf(node);
      const known = node.inputs.map((name) => constants.get(name) ?? values.get(name)?.constant);
      const isKnown = node.inputs.every((name, i) => name === '' || known[i] !== undefined);
      const made = isKnown && node.domain === '' ? evaluateNode(node.operator, known, attributes) : undefined;
      const measured = made ?? measure(node, named, attributes);
      if (measured !== undefined) {
        for (const [i, name] of node.outputs.entries()) if (name !== '') constants.set(name, measured[i]!);
        continue;
      }
      const inputs = node.inputs.map((name) => (name === '' ? undefined : named(name)));
      const outputs = lowerNode({ graph, node, inputs, attributes }, options);
      for (const [i, name] of node.outputs.entries()) {
        if (name === '') continue;
        if (outputs[i] === undefined) throw new TrainerError('MODEL_UNSUPPORTED', `Its output ${i} is not made here.`);
        values.set(name, outputs[i]);
      }
    } catch (cause) {
      if (!TrainerError.isInstance(cause) || cause.code === 'INTERNAL') throw cause;
      throw new TrainerError(
        cause.code,
        `${labelOf(node, index)}: ${cause.message} Cut the model before this node with "output", or export it otherwise.`,
        { cause },
      );
    }
  }
  for (const { name } of file.outputs) named(name);
  return values;
}

/** The shape of a value as a constant: it is known, though the value is not. */
function measure(
  { domain, operator, inputs }: OnnxNode,
  named: (name: string) => Value,
  attributes: NodeCall['attributes'],
): readonly Constant[] | undefined {
  if (domain !== '' || (operator !== 'Shape' && operator !== 'Size')) return undefined;
  const { shape } = named(inputs[0]!);
  // Nothing is read of it but its shape.
  return evaluateNode(operator, [{ type: 'float', shape, data: new Float32Array() }], attributes);
}

function lowerNode(call: NodeCall, options: LowerGraphOptions): readonly Value[] {
  const { graph, node, inputs, attributes } = call;
  const given = inputs.slice(0, inputs.findLastIndex((input) => input !== undefined) + 1);
  const isWhole = !given.includes(undefined);
  if (node.operator === 'BatchNormalization')
    return [options.normalise(call as NodeCall & { inputs: readonly Value[] })];
  const adapted = isWhole ? options.product?.(node, given as readonly Value[]) : undefined;
  if (adapted !== undefined) return [adapted];
  const lowering = node.domain === '' ? nodeLowerings[node.operator] : undefined;
  if (lowering !== undefined) return lowering({ ...call, inputs: given });
  if (!isWhole)
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      'Expected all inputs up to the last one that is given, but one in the middle is left out.',
    );
  return graph.applyAll(node.operator, given as readonly Value[], attributes);
}
