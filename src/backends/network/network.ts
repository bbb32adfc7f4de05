import type { Signature } from './layer-definition.ts';
import type { Layer, NetworkSpec } from './network-spec.ts';
import { resolveNetwork } from './resolve-network.ts';

/** What {@link network} takes. */
export interface NetworkOptions {
  /** Inputs by name, each the element type and shape of one sample. */
  readonly inputs: Readonly<Record<string, Signature>>;
  readonly layers: readonly Layer[];
  /** Outputs by name, each the name of a layer. @default { output: the last layer } */
  readonly outputs?: Readonly<Record<string, string>>;
}

/**
 * A checked network.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the layer, what came in and what was expected.
 * @example
 * network({ inputs: { x: { dtype: 'float32', shape: [20] } }, layers: [dense(64), relu(), dense(2)] });
 */
export function network({ inputs, layers, outputs }: NetworkOptions): NetworkSpec {
  if (outputs !== undefined) {
    const spec: NetworkSpec = { formatVersion: 1, inputs, layers, outputs };
    resolveNetwork(spec);
    return spec;
  }
  // The last layer's name is not known before the names are given.
  const last = Array.isArray(layers) ? layers.at(-1) : undefined;
  const isNamed = last === undefined || last === null || last.name !== undefined;
  const named = isNamed ? layers : [...layers.slice(0, -1), { ...last, name: 'output' }];
  const output = isNamed ? (last?.name ?? '') : 'output';
  const spec: NetworkSpec = { formatVersion: 1, inputs, layers: named, outputs: { output } };
  resolveNetwork(spec);
  return spec;
}
