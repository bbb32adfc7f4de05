import { sha256 } from '../core/helpers/hash.ts';
import { encodeModel } from './encode.ts';
import type { ElementType, GraphBuilder, NodeOptions } from './graph-builder.ts';
import { dataTypes, type OnnxAttribute, type OnnxTensor, type OnnxValue } from './model.ts';
import { attributeOf, broken, checkInteger, tensorOf, writtenVersions } from './written-parts.ts';

/** One node while the graph is built. */
interface DraftNode {
  readonly operator: string;
  readonly domain: keyof typeof writtenVersions.domains;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

function declare(name: string, type: ElementType, shape: readonly (number | string)[]): OnnxValue {
  const dimensions = shape.map((dimension) => (dimension === -1 ? null : dimension));
  return { name, kind: 'tensor', dataType: dataTypes[type], shape: dimensions };
}

/** The text that two equal constants share. */
function constantKey(tensor: OnnxTensor): string {
  const content = tensor.raw ?? JSON.stringify(tensor.strings?.map((bytes) => Buffer.from(bytes).toString('base64')));
  return `${tensor.dataType}:${tensor.dims.join(',')}:${sha256(content)}`;
}

/** An empty graph to build; see {@link GraphBuilder}. The arrays of constants must not change before `build`. */
export function createGraphBuilder(): GraphBuilder {
  const names = new Set<string>();
  const counters = new Map<string, number>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const initializers: OnnxTensor[] = [];
  const constants = new Map<string, string>();
  const nodes: DraftNode[] = [];
  const produced = new Set<string>();
  /** Values of nodes that are outputs of the graph, with the names they have there. */
  const renamed = new Map<string, string>();

  const take = (name: string): string => {
    if (name === '') throw broken('Expected a name for a value of the graph, got an empty one.');
    if (names.has(name)) throw broken(`The graph has two values named "${name}".`);
    names.add(name);
    return name;
  };
  // Made names always end in a number, so that they rarely meet the names of inputs and outputs.
  const fresh = (prefix: string): string => {
    for (;;) {
      const count = counters.get(prefix) ?? 0;
      counters.set(prefix, count + 1);
      const name = `${prefix}_${count}`;
      if (!names.has(name)) return take(name);
    }
  };
  const known = (name: string, by: string): void => {
    if (!names.has(name)) throw broken(`${by} takes the value "${name}", which the graph does not have yet.`);
  };

  const addNode = (operator: string, from: readonly string[], options: NodeOptions = {}): string[] => {
    for (const input of from) if (input !== '') known(input, operator);
    const prefix = options.name ?? operator.toLowerCase();
    const first = fresh(prefix);
    const made = [first];
    for (let i = 1; i < (options.outputs ?? 1); i++) made.push(fresh(`${first}_output`));
    const attributes = Object.keys(options.attributes ?? {})
      .sort()
      .map((name) => attributeOf(name, options.attributes![name]!));
    nodes.push({ operator, domain: options.domain ?? '', name: first, inputs: [...from], outputs: made, attributes });
    for (const name of made) produced.add(name);
    return made;
  };

  const builder: GraphBuilder = {
    input(name, type, shape) {
      inputs.push(declare(take(name), type, shape));
      return name;
    },
    constant(value, name = 'constant') {
      const tensor = tensorOf(value, '');
      const key = constantKey(tensor);
      const shared = constants.get(key);
      if (shared !== undefined) return shared;
      const made = fresh(name);
      constants.set(key, made);
      initializers.push({ ...tensor, name: made });
      return made;
    },
    floats(data, shape = [data.length]) {
      return builder.constant({ type: 'float', shape, data: Float32Array.from(data) });
    },
    ints(data, shape = [data.length]) {
      const values = BigInt64Array.from(data, (value) => BigInt(checkInteger(value)));
      return builder.constant({ type: 'int64', shape, data: values });
    },
    node: (operator, from, options) => addNode(operator, from, options)[0]!,
    nodes: (operator, from, options) => addNode(operator, from, options),
    output(name, value, type, shape) {
      known(value, `The output "${name}"`);
      take(name);
      if (produced.has(value) && !renamed.has(value)) renamed.set(value, name);
      else {
        // An input, a constant or a value that is an output already can't be renamed.
        const copy = addNode('Identity', [value]);
        renamed.set(copy[0]!, name);
      }
      outputs.push(declare(name, type, shape));
    },
    build(options) {
      if (outputs.length === 0) throw broken('Expected at least one output of the graph, got none.');
      const used = new Set<string>(['', ...nodes.map((node) => node.domain)]);
      const versions = Object.entries(writtenVersions.domains).filter(([domain]) => used.has(domain));
      const metadata = Object.entries(options.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const final = (name: string): string => renamed.get(name) ?? name;
      return encodeModel({
        irVersion: writtenVersions.ir,
        producerName: 'traineragent',
        producerVersion: '',
        opsets: versions.map(([domain, version]) => ({ domain, version })),
        graph: {
          name: options.name,
          nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(final), outputs: node.outputs.map(final) })),
          initializers,
          sparseInitializers: [],
          inputs,
          outputs,
          values: [],
        },
        metadata,
        functionCount: 0,
        trainingCount: 0,
      });
    },
  };
  return builder;
}
