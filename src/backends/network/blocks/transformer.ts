import { gelu } from '../layers/activation.ts';
import { attention } from '../layers/attention.ts';
import { dense } from '../layers/dense.ts';
import { dropout } from '../layers/dropout.ts';
import { layerNorm } from '../layers/normalisation.ts';
import { residual } from '../layers/residual.ts';
import type { Layer } from '../network-spec.ts';

/** What the transformers have in common. */
export interface TransformerOptions {
  readonly width: number;
  /** Blocks of attention and dense layers. */
  readonly depth: number;
  /** Divides the width. */
  readonly heads: number;
  /** Of what each block adds, and of the first values. @default 0 */
  readonly dropout?: number;
}

/** The share that is dropped as a layer, or none. */
export function dropped(rate: number): readonly Layer[] {
  return rate === 0 ? [] : [dropout(rate)];
}

/** Attention on what came before, normalised first. `mask` is an input of the network. */
export function attentionBlock(
  name: string,
  { heads, dropout: rate = 0 }: TransformerOptions,
  options: { readonly causal?: boolean; readonly rotary?: boolean; readonly mask?: string },
): Layer {
  const { mask, ...how } = options;
  const from = mask === undefined ? {} : { from: [`${name}.norm`, mask] };
  return residual([layerNorm({ name: 'norm' }), attention(heads, { ...how, ...from }), ...dropped(rate)], { name });
}

/** A hidden layer four times as wide with GELU, normalised first. */
export function denseBlock(name: string, { width, dropout: rate = 0 }: TransformerOptions): Layer {
  return residual([layerNorm(), dense(4 * width), gelu(), dense(width), ...dropped(rate)], { name });
}

/** A list of layers for each of `depth` blocks. */
export function blocks(depth: number, make: (block: number) => readonly Layer[]): readonly Layer[] {
  return Array.from({ length: depth }, (_, i) => make(i + 1)).flat();
}
