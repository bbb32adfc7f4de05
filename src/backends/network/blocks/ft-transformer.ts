import { TrainerError } from '../../../core/errors.ts';
import { relu } from '../layers/activation.ts';
import { dense } from '../layers/dense.ts';
import { entityEmbeddings } from '../layers/entity-embeddings.ts';
import { concatenate, multiply } from '../layers/joining.ts';
import { layerNorm } from '../layers/normalisation.ts';
import { residual } from '../layers/residual.ts';
import { flatten, reshape } from '../layers/shaping.ts';
import { classToken, featureTokens, takeToken } from '../layers/tokens.ts';
import type { Layer } from '../network-spec.ts';
import { attentionBlock, blocks, dropped, type TransformerOptions } from './transformer.ts';

/** What {@link ftTransformer} takes. */
export interface FtTransformerOptions extends TransformerOptions {
  /** The network's input of numbers, float32 [count]. @default none */
  readonly numbers?: { readonly input: string; readonly count: number };
  /** The network's input of categories, int64 [columns], with the number of categories of each. @default none */
  readonly categories?: { readonly input: string; readonly entries: readonly number[] };
  /** Values that come out: classes, or 1 for a number. */
  readonly outputs: number;
}

/**
 * A transformer on the columns of a table (Gorishniy et al., 2021): each column becomes a vector, the class token attends
 * to all of them, and the outputs are read from it. The dense blocks are ReGLU, 4/3 as wide.
 *
 * @throws {TrainerError} REQUEST_INVALID where there are neither numbers nor categories.
 */
export function ftTransformer(options: FtTransformerOptions): readonly Layer[] {
  const { numbers, categories, width, depth, outputs, dropout: rate = 0 } = options;
  if (numbers === undefined && categories === undefined) {
    throw new TrainerError('REQUEST_INVALID', 'Expected ftTransformer to have numbers or categories, got neither.');
  }
  const columns = (numbers?.count ?? 0) + (categories?.entries.length ?? 0);
  const hidden = Math.round((width * 4) / 3);
  const sources: Layer[] = [];
  if (numbers !== undefined) {
    sources.push(featureTokens(width, { from: numbers.input }), flatten({ name: 'numbers-tokens' }));
  }
  if (categories !== undefined) {
    sources.push(
      entityEmbeddings({ entries: categories.entries, width, from: categories.input, name: 'categories-tokens' }),
    );
  }
  if (numbers !== undefined && categories !== undefined) {
    sources.push(concatenate({ from: ['numbers-tokens', 'categories-tokens'] }));
  }
  return [
    ...sources,
    reshape([columns, width]),
    classToken(),
    ...blocks(depth, (i) => {
      const name = `block-${i}-dense`;
      const gated = residual(
        [
          layerNorm({ name: 'norm' }),
          dense(hidden, { name: 'value', from: `${name}.norm` }),
          dense(hidden, { from: `${name}.norm` }),
          relu({ name: 'gate' }),
          multiply({ from: [`${name}.value`, `${name}.gate`] }),
          ...dropped(rate),
          dense(width),
        ],
        { name },
      );
      return [attentionBlock(`block-${i}-attention`, options, {}), gated];
    }),
    takeToken(0),
    layerNorm(),
    relu(),
    dense(outputs),
  ];
}
