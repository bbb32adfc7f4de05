import { TrainerError } from '../../core/errors.ts';
import type { OnnxNode } from '../../onnx/model.ts';
import type { HostValue } from './host-value.ts';
import type { Kernel, KernelCall, Tf, TfTensor } from './kernel.ts';
import { kernels } from './kernels.ts';

/** A node with what is known of it before anything runs. */
export interface PlannedNode {
  readonly node: OnnxNode;
  readonly kernel: Kernel;
  /** Whether TensorFlow.js's own CPU backend works it out, because the one in use lacks a kernel. */
  readonly onCpu: boolean;
  readonly constants: Map<string, TfTensor>;
}

/** Reads the attributes of a node. */
function attributesOf(node: OnnxNode): Pick<KernelCall, 'int' | 'float' | 'ints' | 'text'> {
  const find = (name: string) => node.attributes.find((attribute) => attribute.name === name);
  return {
    int: (name, otherwise) => Number(find(name)?.int ?? otherwise),
    float: (name, otherwise) => find(name)?.float ?? otherwise,
    ints: (name) => find(name)?.ints?.map(Number),
    text(name, otherwise) {
      const bytes = find(name)?.string;
      return bytes === undefined ? otherwise : new TextDecoder().decode(bytes);
    },
  };
}

/**
 * Finds the kernels of nodes, and asks TensorFlow.js for what they need.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED with each operator that is missing, by name and position
 */
export function planNodes(tf: Tf, nodes: readonly OnnxNode[], other: ReadonlySet<string>): readonly PlannedNode[] {
  const backend = tf.getBackend();
  const missing: string[] = [];
  const planned = nodes.map((node, position): PlannedNode => {
    const kernel = Object.hasOwn(kernels, node.operator) ? kernels[node.operator] : undefined;
    const place = `${node.operator} (node ${position}${node.name === '' ? '' : `, "${node.name}"`})`;
    if (kernel === undefined) {
      if (!other.has(node.operator)) missing.push(place);
      return { node, kernel: { run: () => [] }, onCpu: false, constants: new Map() };
    }
    const lacks = (kernel.needs ?? []).filter((name) => tf.getKernel(name, backend) == null);
    const hasCpu = lacks.every((name) => tf.getKernel(name, 'cpu') != null) && tf.findBackendFactory('cpu') != null;
    if (lacks.length > 0 && !hasCpu) missing.push(`${place} for want of ${lacks.join(', ')}`);
    return { node, kernel, onCpu: lacks.length > 0, constants: new Map() };
  });
  if (missing.length > 0) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `The tfjs backend on ${backend} can not run ${missing.join('; ')}. Use a backend of TensorFlow.js that has it, import ` +
        '@tensorflow/tfjs-backend-cpu for what is missing, or use the onnx backend.',
      { details: { operators: missing } },
    );
  }
  return planned;
}

/** The value of a name in a graph: here, on the device, or both. */
export interface Values {
  device(name: string): TfTensor;
  host(name: string): HostValue | undefined;
}

/** What a node made: tensors on the device, or one value here. */
export type Made = { readonly tensors: readonly TfTensor[] } | { readonly value: HostValue };

/** Products of int32 wrap around at 32 bits, which devices do that have floats alone; casts of them follow. */
function computeHere({ operator, inputs, attributes }: OnnxNode, values: Values): HostValue | undefined {
  if (operator === 'Mul') {
    const [a, b] = [values.host(inputs[0]!), values.host(inputs[1]!)];
    const isOuter = a?.dtype === 'int32' && b?.dtype === 'int32' && a.shape.at(-1) === 1 && b.shape[0] === 1;
    if (!isOuter) return undefined;
    const [rows, columns] = [a.data.length, b.data.length];
    const data = new Int32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) data[i * columns + j] = Math.imul(a.data[i]!, b.data[j]!);
    }
    return { dtype: 'int32', shape: [rows, columns], data };
  }
  if (operator === 'Cast' && Number(attributes.find(({ name }) => name === 'to')?.int) === 1) {
    const x = values.host(inputs[0]!);
    return x?.dtype === 'int32' ? { dtype: 'float32', shape: x.shape, data: Float32Array.from(x.data) } : undefined;
  }
  return undefined;
}

/** Computes one node. @throws {TrainerError} MODEL_UNSUPPORTED where TensorFlow.js has no kernel for it */
export function computeNode(tf: Tf, { node, kernel, onCpu, constants }: PlannedNode, values: Values): Made {
  const here = computeHere(node, values);
  if (here !== undefined) return { value: here };
  const call: KernelCall = {
    tf,
    node,
    ...attributesOf(node),
    input: (i) => values.device(node.inputs[i]!),
    has: (i) => (node.inputs[i] ?? '') !== '',
    numbers(i) {
      const name = node.inputs[i]!;
      return Array.from(values.host(name)?.data ?? values.device(name).dataSync());
    },
    constant(key, make) {
      let tensor = constants.get(key);
      if (tensor === undefined) {
        tensor = tf.keep(make());
        constants.set(key, tensor);
      }
      return tensor;
    },
  };
  const compute = (): TfTensor[] => tf.tidy(() => [kernel.run(call)].flat() as TfTensor[]);
  try {
    return { tensors: onCpu ? onCpuOf(tf, compute) : compute() };
  } catch (cause) {
    if (TrainerError.isInstance(cause)) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    const code = /not registered for the backend|Kernel '.*' not/.test(text) ? 'MODEL_UNSUPPORTED' : 'INTERNAL';
    throw new TrainerError(code, `TensorFlow.js (${tf.getBackend()}) could not compute ${node.operator}: ${text}`, {
      cause,
    });
  }
}

/** Works something out on TensorFlow.js's CPU backend, which moves the data there and back. */
function onCpuOf<T>(tf: Tf, compute: () => T): T {
  const backend = tf.getBackend();
  // Of a backend that is ready the switch is made before the promise is returned.
  void tf.setBackend('cpu');
  try {
    return compute();
  } finally {
    void tf.setBackend(backend);
  }
}
