import { dense } from '../layers/dense.ts';
import { embedding } from '../layers/embedding.ts';
import { layerNorm } from '../layers/normalisation.ts';
import { positions } from '../layers/positions.ts';
import type { Layer } from '../network-spec.ts';
import { attentionBlock, blocks, denseBlock, dropped, type TransformerOptions } from './transformer.ts';

/** What {@link gpt} takes. */
export interface GptOptions extends TransformerOptions {
  /** Ids are from 0 to vocabulary − 1. */
  readonly vocabulary: number;
  /** How positions are told. @default 'learned' */
  readonly positions?: 'learned' | 'rotary';
}

/**
 * A language model that sees the past alone (GPT-2: Radford et al., 2019): int64 [positions] → float32 logits
 * [positions, vocabulary], to be held against the next ids by cross-entropy.
 *
 * @example
 * network({
 *   inputs: { ids: { dtype: 'int64', shape: [128] } },
 *   layers: gpt({ vocabulary: 256, width: 128, depth: 4, heads: 4 }),
 * });
 */
export function gpt({ vocabulary, positions: told = 'learned', ...options }: GptOptions): readonly Layer[] {
  const rotary = told === 'rotary';
  return [
    embedding({ entries: vocabulary, width: options.width, deviation: 0.02 }),
    ...(rotary ? [] : [positions()]),
    ...dropped(options.dropout ?? 0),
    ...blocks(options.depth, (i) => [
      attentionBlock(`block-${i}-attention`, options, { causal: true, rotary }),
      denseBlock(`block-${i}-dense`, options),
    ]),
    layerNorm(),
    dense(vocabulary),
  ];
}
