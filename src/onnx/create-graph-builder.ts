import { TrainerError } from '../core/errors.ts';
import { sha256 } from '../core/helpers/hash.ts';
import { encodeModel } from './encode.ts';
import type { AttributeValue, Constant, ElementType, GraphBuilder, NodeOptions } from './graph-builder.ts';
import { attributeTypes, dataTypes, type OnnxAttribute, type OnnxTensor, type OnnxValue } from './model.ts';

/** Versions that graphs of ours are written in: the newest that onnxruntime 1.28 and Python's peers of it all run. */
export const writtenVersions = { ir: 10, domains: { '': 21, 'ai.onnx.ml': 5, 'com.microsoft': 1 } } as const;

const utf8 = new TextEncoder();

/** One node while the graph is built. */
interface DraftNode {
  readonly operator: string;
  readonly domain: keyof typeof writtenVersions.domains;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

function broken(message: string): TrainerError {
  return new TrainerError('INTERNAL', message);
}

function checkInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : BigInt.asIntN(64, value) !== value) {
    throw broken(`Expected an integer of 64 bits (safe, or a bigint) for the graph, got ${value}.`);
  }
  return value;
}

/** A constant as a tensor of the file: strings as a list of UTF-8, everything else as raw little-endian bytes. */
export function tensorOf(constant: Constant, name: string): OnnxTensor {
  const size = constant.shape.reduce((product, dimension) => product * dimension, 1);
  if (constant.data.length !== size) {
    throw broken(`Expected ${size} elements for a constant of shape [${constant.shape}], got ${constant.data.length}.`);
  }
  const base = {
    name,
    dims: constant.shape,
    dataType: dataTypes[constant.type],
    isExternal: false,
    isSegment: false,
  };
  if (constant.type === 'string') return { ...base, strings: constant.data.map((value) => utf8.encode(value)) };
  const { buffer, byteOffset, byteLength } = constant.data;
  return { ...base, raw: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) };
}

/** An attribute as the file holds it. */
export function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  const base = { name, hasTypes: false };
  if ('int' in value) return { ...base, type: attributeTypes.int, int: BigInt(checkInteger(value.int)) };
  if ('float' in value) return { ...base, type: attributeTypes.float, float: value.float };
  if ('string' in value) return { ...base, type: attributeTypes.string, string: utf8.encode(value.string) };
  if ('tensor' in value) return { ...base, type: attributeTypes.tensor, tensor: tensorOf(value.tensor, '') };
  if ('ints' in value) return { ...base, type: attributeTypes.ints, ints: Array.from(value.ints, checkInteger) };
  if ('floats' in value) return { ...base, type: attributeTypes.floats, floats: Float32Array.from(value.floats) };
  return { ...base, type: attributeTypes.strings, strings: value.strings.map((item) => utf8.encode(item)) };
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
