import { TrainerError } from '../../core/errors.ts';
import {
  type LayerDefinition,
  LayerProblem,
  type ParameterSpec,
  positiveInteger,
  printSignature,
  type Signature,
} from './layer-definition.ts';
import { layerKinds } from './layer-kinds.ts';
import type { Layer, NetworkSpec, PlainLayer } from './network-spec.ts';

/** A layer with everything that follows from its place: names, shapes, parameters. */
export interface ResolvedLayer {
  readonly name: string;
  readonly layer: PlainLayer;
  /** Names of network inputs or earlier layers. */
  readonly inputs: readonly string[];
  readonly output: Signature;
  readonly parameters: readonly ParameterSpec[];
  /** Floating-point operations of one sample's forward pass. */
  readonly flops: number;
}

/** A checked network as a flat list of plain layers, each after what it takes; residuals have become additions. */
export interface ResolvedNetwork {
  readonly inputs: Readonly<Record<string, Signature>>;
  readonly layers: readonly ResolvedLayer[];
  /** Each output with the name of its layer and what it carries. */
  readonly outputs: Readonly<Record<string, Signature & { readonly layer: string }>>;
}

const namePattern = /^[A-Za-z][\w.-]{0,63}$/;

function fail(message: string, details: Readonly<Record<string, unknown>> = {}): never {
  throw new TrainerError('REQUEST_INVALID', message, { details });
}

function checkName(name: unknown, what: string): void {
  if (typeof name !== 'string' || !namePattern.test(name)) {
    fail(`Expected the name of ${what} to be a letter and up to 63 of A-Z a-z 0-9 _ . -, got ${JSON.stringify(name)}.`);
  }
}

/** Lays the layers of a network out one after another. */
class Layout {
  readonly layers: ResolvedLayer[] = [];
  readonly #known = new Map<string, Signature>();
  readonly #counts = new Map<string, number>();

  constructor(inputs: Readonly<Record<string, Signature>>) {
    for (const [name, given] of Object.entries(inputs)) {
      checkName(name, 'an input');
      const { dtype, shape } = given ?? {};
      if (dtype !== 'float32' && dtype !== 'int64') {
        fail(`Expected the input "${name}" to be float32 or int64, got ${JSON.stringify(dtype)}.`);
      }
      if (!Array.isArray(shape) || shape.some((dimension) => positiveInteger(dimension) !== undefined)) {
        fail(`Expected the shape of the input "${name}" to be a list of integers above 0 (without the batch).`);
      }
      this.#known.set(name, { dtype, shape });
    }
  }

  get(name: string): Signature | undefined {
    return this.#known.get(name);
  }

  /** Adds layers in a row; returns the name of the last one's output. */
  addAll(layers: readonly Layer[], before: string | undefined, prefix: string): string | undefined {
    if (!Array.isArray(layers)) fail('Expected the layers of the network to be a list.');
    let last = before;
    for (const layer of layers) last = this.#add(layer, last, prefix);
    return last;
  }

  #add(layer: Layer, before: string | undefined, prefix: string): string {
    const kind = layer?.kind;
    if (kind !== 'residual' && !Object.hasOwn(layerKinds, kind)) {
      const kinds = [...Object.keys(layerKinds), 'residual'].join(', ');
      fail(`Expected the kind of a layer to be one of ${kinds}, got ${JSON.stringify(kind)}.`);
    }
    const name = this.#take(layer, prefix);
    const inputs = this.#inputsOf(layer, name, before);
    if (layer.kind !== 'residual') return this.#place(name, layer, inputs);
    if (inputs.length !== 1) fail(`The layer "${name}" takes one input, got ${inputs.length}.`, { layer: name });
    const end = this.addAll(layer.layers, inputs[0], `${name}.`)!;
    return this.#place(name, { kind: 'add' }, [inputs[0]!, end]);
  }

  #take(layer: Layer, prefix: string): string {
    if (layer.name !== undefined) checkName(layer.name, 'a layer');
    const base = layer.kind === 'activation' ? layer.activation : layer.kind;
    const count = (this.#counts.get(prefix + base) ?? 0) + 1;
    this.#counts.set(prefix + base, count);
    const name = prefix + (layer.name ?? `${base}-${count}`);
    if (this.#known.has(name) || this.layers.some((other) => other.name === name)) {
      fail(`Two layers or inputs are named "${name}"; names must differ.`, { layer: name });
    }
    return name;
  }

  #inputsOf(layer: Layer, name: string, before: string | undefined): string[] {
    const from = layer.from ?? before;
    if (from === undefined) {
      fail(`The layer "${name}" comes first and the network has several inputs: say which it takes with "from".`);
    }
    const inputs = typeof from === 'string' ? [from] : [...from];
    for (const input of inputs) {
      if (!this.#known.has(input)) {
        const names = [...this.#known.keys()].map((known) => `"${known}"`).join(', ');
        fail(`The layer "${name}" takes "${input}", which is none of what comes before it: ${names}.`, { layer: name });
      }
    }
    return inputs;
  }

  #place(name: string, layer: PlainLayer, inputs: readonly string[]): string {
    // Each kind checks its own layer; the table has the pairing.
    const definition = layerKinds[layer.kind] as LayerDefinition<PlainLayer>;
    const options = layer as unknown as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(options)) {
      if (!['kind', 'name', 'from'].includes(key) && !Object.hasOwn(definition.options, key)) {
        fail(`The layer "${name}" (${layer.kind}) has no option "${key}".`, { layer: name });
      }
    }
    for (const [key, check] of Object.entries(definition.options)) {
      const expected = check(options[key]);
      if (expected !== undefined) {
        const got = JSON.stringify(options[key]) ?? 'nothing';
        fail(`Expected "${key}" of the layer "${name}" to be ${expected}, got ${got}.`, { layer: name });
      }
    }
    const [fewest, most] = definition.arity;
    if (inputs.length < fewest || inputs.length > most) {
      const expected = fewest === most ? `${fewest}` : `${fewest} to ${most}`;
      fail(`The layer "${name}" takes ${expected} inputs, got ${inputs.length}.`, { layer: name });
    }
    const signatures = inputs.map((input) => this.#known.get(input)!);
    try {
      const facts = definition.infer(layer, signatures);
      this.layers.push({ name, layer, inputs, ...facts });
      this.#known.set(name, facts.output);
      return name;
    } catch (cause) {
      if (!(cause instanceof LayerProblem)) throw cause;
      const from = inputs.map((input, i) => `"${input}" (${printSignature(signatures[i]!)})`).join(' and ');
      fail(`The layer "${name}" does not fit what it takes, ${from}: ${cause.message}.`, { layer: name });
    }
  }
}

/**
 * Checks a network and works out names, shapes, parameters and costs.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the layer, what came in and what was expected.
 */
export function resolveNetwork(spec: NetworkSpec): ResolvedNetwork {
  if (spec?.formatVersion !== 1) {
    fail(`Expected a network of formatVersion 1, got ${JSON.stringify(spec?.formatVersion)}.`);
  }
  const inputs = Object.entries(spec.inputs ?? {});
  if (inputs.length === 0) fail('Expected the network to have at least one input, got none.');
  const layout = new Layout(spec.inputs);
  layout.addAll(spec.layers, inputs.length === 1 ? inputs[0]![0] : undefined, '');
  if (layout.layers.length === 0) fail('Expected the network to have at least one layer, got none.');
  const outputs = Object.entries(spec.outputs ?? {}).map(([output, layer]) => {
    checkName(output, 'an output');
    const made = layout.layers.find(({ name }) => name === layer);
    if (made === undefined) {
      const names = layout.layers.map(({ name }) => `"${name}"`).join(', ');
      fail(`The output "${output}" is of the layer "${layer}", which is none of ${names}.`);
    }
    return [output, { ...made.output, layer }] as const;
  });
  if (outputs.length === 0) fail('Expected the network to have at least one output, got none.');
  return { inputs: spec.inputs, layers: layout.layers, outputs: Object.fromEntries(outputs) };
}
