import { embedding } from '../layers/embedding.ts';
import { layerNorm } from '../layers/normalisation.ts';
import { positions } from '../layers/positions.ts';
import { averageTokens, takeToken } from '../layers/tokens.ts';
import type { Layer } from '../network-spec.ts';
import { attentionBlock, blocks, denseBlock, dropped, type TransformerOptions } from './transformer.ts';

/** What {@link encoder} takes. */
export interface EncoderOptions extends TransformerOptions {
  /** Ids are from 0 to vocabulary − 1. */
  readonly vocabulary: number;
  /** The network's input of ids, int64 [positions]. */
  readonly ids: string;
  /** The network's input that is 1 for what counts and 0 for padding, int64 [positions]. @default no padding */
  readonly mask?: string;
  /** One vector of the whole: the mean of what is no padding, or the first position. @default all positions */
  readonly pool?: 'average' | 'first';
}

/**
 * A network that reads a sequence from both sides (BERT: Devlin et al., 2019, normalised before each block): int64
 * [positions] → float32 [positions, width], or [width] where it is pooled.
 */
export function encoder({ vocabulary, ids, mask, pool, ...options }: EncoderOptions): readonly Layer[] {
  const name = 'encoded';
  const ends: Readonly<Record<'average' | 'first', Layer>> = {
    average: averageTokens(mask === undefined ? {} : { from: [name, mask] }),
    first: takeToken(0),
  };
  return [
    embedding({ entries: vocabulary, width: options.width, deviation: 0.02, from: ids }),
    positions(),
    ...dropped(options.dropout ?? 0),
    ...blocks(options.depth, (i) => [
      attentionBlock(`block-${i}-attention`, options, mask === undefined ? {} : { mask }),
      denseBlock(`block-${i}-dense`, options),
    ]),
    layerNorm({ name }),
    ...(pool === undefined ? [] : [ends[pool]]),
  ];
}
