import { printSignature, sizeOf } from './layer-definition.ts';
import type { NetworkSpec } from './network-spec.ts';
import { resolveNetwork } from './resolve-network.ts';

/** What a network costs. */
export interface NetworkSummary {
  /** Trained values. */
  readonly parameters: number;
  /** Floating-point operations of one sample's forward pass; a multiply-add counts two. */
  readonly flops: number;
  /** One line a layer, with its inputs, output, parameters and FLOPs, and a line of sums. */
  readonly table: string;
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * Counts the parameters and operations of a network and prints it as a table.
 *
 * @throws {TrainerError} REQUEST_INVALID where the network is not valid.
 */
export function summariseNetwork(spec: NetworkSpec): NetworkSummary {
  const { layers } = resolveNetwork(spec);
  const rows = layers.map(({ name, inputs, output, parameters, flops }) => {
    const trained = parameters.filter(({ isTrained }) => isTrained).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return { name, takes: inputs.join(', '), makes: printSignature(output), trained, flops };
  });
  const parameters = rows.reduce((sum, { trained }) => sum + trained, 0);
  const flops = rows.reduce((sum, row) => sum + row.flops, 0);
  const cells = [
    ['layer', 'takes', 'makes', 'parameters', 'FLOPs'],
    ...rows.map((row) => [row.name, row.takes, row.makes, count(row.trained), count(row.flops)]),
    ['sum', '', '', count(parameters), count(flops)],
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return { parameters, flops, table: lines.join('\n') };
}
