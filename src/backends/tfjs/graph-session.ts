import { TrainerError } from '../../core/errors.ts';
import { nextTurn } from '../../core/helpers/next-turn.ts';
import { decodeModel } from '../../onnx/decode.ts';
import type { OnnxGraph, OnnxNode } from '../../onnx/model.ts';
import type { Tensor, Tensors } from '../backend.ts';
import type { TrainingSession } from '../onnx/train/training-session.ts';
import { computeNode, type PlannedNode, planNodes, type Values } from './compute-node.ts';
import { fromBorder, fromInitializer, type HostValue, upload } from './host-value.ts';
import type { Tf, TfTensor } from './kernel.ts';

/** A graph in the order of its nodes, with the last place where each value is taken. */
interface PlannedGraph {
  readonly graph: OnnxGraph;
  readonly nodes: readonly PlannedNode[];
  /** Names whose tensors are of no use behind the node at this position. */
  readonly ending: readonly (readonly string[])[];
  readonly constants: ReadonlyMap<string, HostValue>;
}

function planGraph(tf: Tf, graph: OnnxGraph): PlannedGraph {
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const last = new Map<string, number>();
  for (const [at, { inputs, outputs }] of graph.nodes.entries()) {
    for (const name of [...outputs, ...inputs]) if (made.has(name) && !kept.has(name)) last.set(name, at);
  }
  const ending: string[][] = graph.nodes.map(() => []);
  for (const [name, at] of last) ending[at]!.push(name);
  const constants = graph.initializers.map((tensor) => [tensor.name, fromInitializer(tensor)] as const);
  return { graph, nodes: planNodes(tf, graph.nodes, new Set(['Scan'])), ending, constants: new Map(constants) };
}

/** Values by name while a graph runs; those of the graph around are seen too. */
class Scope implements Values {
  readonly #tf: Tf;
  readonly #around: Scope | undefined;
  readonly #hosts: Map<string, HostValue>;
  readonly #devices = new Map<string, TfTensor>();
  /** Tensors that others own: kept by a session, or state that goes from step to step. */
  readonly #lent: (name: string, value: HostValue) => TfTensor | undefined;

  constructor(
    tf: Tf,
    hosts: Map<string, HostValue>,
    around?: Scope,
    lent: (name: string, value: HostValue) => TfTensor | undefined = () => undefined,
  ) {
    this.#tf = tf;
    this.#hosts = hosts;
    this.#around = around;
    this.#lent = lent;
  }

  host(name: string): HostValue | undefined {
    return this.#hosts.get(name) ?? (this.#devices.has(name) ? undefined : this.#around?.host(name));
  }

  device(name: string): TfTensor {
    const own = this.#devices.get(name);
    if (own !== undefined) return own;
    const value = this.#hosts.get(name);
    if (value === undefined) {
      if (this.#around !== undefined) return this.#around.device(name);
      throw new TrainerError(
        'MODEL_INVALID',
        `The graph has no value "${name}", which one of its nodes or outputs needs. Export the model again.`,
      );
    }
    const lent = this.#lent(name, value);
    if (lent !== undefined) return lent;
    // Inside the node that asked first all else ends with it.
    const tensor = this.#tf.keep(upload(this.#tf, value));
    this.#devices.set(name, tensor);
    return tensor;
  }

  set(name: string, value: TfTensor | HostValue): void {
    if ('dataId' in value) this.#devices.set(name, value as TfTensor);
    else this.#hosts.set(name, value as HostValue);
  }

  /** Takes a tensor out, which is then the caller's. */
  take(name: string): TfTensor {
    const tensor = this.device(name);
    if (this.#devices.get(name) !== tensor) return tensor.clone();
    this.#devices.delete(name);
    return tensor;
  }

  end(names: Iterable<string>): void {
    for (const name of names) {
      this.#devices.get(name)?.dispose();
      this.#devices.delete(name);
      this.#hosts.delete(name);
    }
  }

  endAll(): void {
    this.end([...this.#devices.keys()]);
  }
}

/** A graph that TensorFlow.js runs, node by node. */
export class GraphSession implements TrainingSession {
  readonly #tf: Tf;
  readonly #main: PlannedGraph;
  readonly #bodies = new Map<OnnxNode, PlannedGraph>();
  readonly #keepsInputs: boolean;
  /** Constants and inputs that are on the device already, by the data that they were made from. */
  readonly #kept = new Map<HostValue['data'], { readonly tensor: TfTensor; run: number }>();
  readonly #constants = new Map<HostValue, TfTensor>();
  readonly #converted = new WeakMap<Tensor['data'] & object, HostValue>();
  #run = 0;

  /**
   * @param keepsInputs whether the data of an input are never changed, so that the same array is the same tensor.
   * @throws {TrainerError} MODEL_UNSUPPORTED
   */
  constructor(tf: Tf, model: Uint8Array, keepsInputs: boolean) {
    this.#tf = tf;
    this.#keepsInputs = keepsInputs;
    this.#main = planGraph(tf, decodeModel(model).graph);
    for (const node of this.#main.graph.nodes) {
      const body = node.operator === 'Scan' ? node.attributes.find(({ name }) => name === 'body')?.graph : undefined;
      if (body !== undefined) this.#bodies.set(node, planGraph(tf, body));
    }
  }

  get graph(): OnnxGraph {
    return this.#main.graph;
  }

  async run(feeds: Tensors): Promise<Tensors> {
    this.#run++;
    // Timers, aborts and the page get their turn before each call: the work itself holds the thread.
    await nextTurn();
    const hosts = new Map(this.#main.constants);
    for (const [name, tensor] of Object.entries(feeds)) hosts.set(name, this.#convert(tensor));
    const scope = new Scope(this.#tf, hosts, undefined, (_, value) => this.#lend(value));
    try {
      this.#runGraph(this.#main, scope);
      const outputs: Record<string, Tensor> = {};
      for (const { name, dataType } of this.#main.graph.outputs) outputs[name] = await read(scope, name, dataType);
      return outputs;
    } finally {
      scope.endAll();
      this.#forget((run) => run < this.#run || !this.#keepsInputs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget(() => true);
    for (const tensor of this.#constants.values()) tensor.dispose();
    this.#constants.clear();
    for (const { nodes } of [this.#main, ...this.#bodies.values()]) {
      for (const { constants } of nodes) {
        for (const tensor of constants.values()) tensor.dispose();
        constants.clear();
      }
    }
  }

  #runGraph({ nodes, ending }: PlannedGraph, scope: Scope): void {
    for (const [at, planned] of nodes.entries()) {
      const { node } = planned;
      if (node.operator === 'Scan') this.#scan(node, scope);
      else {
        const made = computeNode(this.#tf, planned, scope);
        if ('value' in made) scope.set(node.outputs[0]!, made.value);
        else for (const [i, name] of node.outputs.entries()) keep(scope, name, made.tensors[i]);
      }
      scope.end(ending[at]!);
    }
  }

  /** Steps one after another: state in, state out; the other inputs one slice a step, the other outputs one a step. */
  #scan(node: OnnxNode, around: Scope): void {
    const tf = this.#tf;
    const body = this.#bodies.get(node)!;
    const sliced = Number(node.attributes.find(({ name }) => name === 'num_scan_inputs')!.int);
    const carried = node.inputs.length - sliced;
    const names = body.graph.inputs.map(({ name }) => name);
    const slices = node.inputs.slice(carried).map((name) => around.host(name)!);
    const steps = slices[0]!.shape[0]!;
    const made = body.graph.outputs.map(({ name }) => name);
    let state = node.inputs.slice(0, carried).map((name) => around.take(name));
    const collected: TfTensor[][] = made.slice(carried).map(() => []);
    for (let step = 0; step < steps; step++) {
      const hosts = new Map(body.constants);
      for (const [i, { dtype, shape, data }] of slices.entries()) {
        const size = data.length / steps;
        const part = data.subarray(step * size, (step + 1) * size);
        hosts.set(names[carried + i]!, { dtype, shape: shape.slice(1), data: part });
      }
      const scope = new Scope(tf, hosts, around, (_, value) => this.#lendConstant(body, value));
      for (const [i, tensor] of state.entries()) scope.set(names[i]!, tensor);
      this.#runGraph(body, scope);
      state = made.slice(0, carried).map((name) => scope.take(name));
      for (const [i, name] of made.slice(carried).entries()) collected[i]!.push(scope.take(name));
      scope.endAll();
    }
    for (const [i, tensor] of state.entries()) around.set(node.outputs[i]!, tensor);
    for (const [i, tensors] of collected.entries()) {
      around.set(node.outputs[carried + i]!, tf.stack(tensors));
      for (const tensor of tensors) tensor.dispose();
    }
  }

  /** A constant of a graph on the device, where it stays. */
  #lendConstant({ constants }: PlannedGraph, value: HostValue): TfTensor | undefined {
    let tensor = this.#constants.get(value);
    if (tensor === undefined) {
      if (![...constants.values()].includes(value)) return undefined;
      tensor = this.#tf.keep(upload(this.#tf, value));
      this.#constants.set(value, tensor);
    }
    return tensor;
  }

  /** An input or a constant on the device, where it stays as long as each run takes it again. */
  #lend(value: HostValue): TfTensor {
    const constant = this.#lendConstant(this.#main, value);
    if (constant !== undefined) return constant;
    let known = this.#kept.get(value.data);
    if (known === undefined) {
      known = { tensor: this.#tf.keep(upload(this.#tf, value)), run: this.#run };
      this.#kept.set(value.data, known);
    }
    known.run = this.#run;
    return known.tensor;
  }

  #forget(isOver: (run: number) => boolean): void {
    for (const [data, { tensor, run }] of this.#kept) {
      if (!isOver(run)) continue;
      tensor.dispose();
      this.#kept.delete(data);
    }
  }

  /** Integers of 64 bits are narrowed once for the same array. */
  #convert(tensor: Tensor): HostValue {
    if (!this.#keepsInputs || tensor.dtype !== 'int64') return fromBorder(tensor);
    let value = this.#converted.get(tensor.data);
    if (value === undefined) {
      value = fromBorder(tensor);
      this.#converted.set(tensor.data, value);
    }
    return value;
  }
}

function keep(scope: Scope, name: string, tensor: TfTensor | undefined): void {
  if (tensor === undefined) return;
  if (name === '') tensor.dispose();
  else scope.set(name, tensor);
}

/** An output of a graph as a tensor of the border, in the type that the graph declares. */
async function read(scope: Scope, name: string, dataType: number): Promise<Tensor> {
  const tensor = scope.device(name);
  const shape = tensor.shape.slice();
  const data = await tensor.data();
  if (dataType === 7) return { dtype: 'int64', shape, data: BigInt64Array.from(data, BigInt) };
  if (tensor.dtype === 'int32') return { dtype: 'int32', shape, data: Int32Array.from(data) };
  if (tensor.dtype === 'bool') return { dtype: 'bool', shape, data: Uint8Array.from(data) };
  return { dtype: 'float32', shape, data: Float32Array.from(data) };
}
