import { relu } from '../layers/activation.ts';
import { dense } from '../layers/dense.ts';
import { dropout as dropOut } from '../layers/dropout.ts';
import { batchNorm } from '../layers/normalisation.ts';
import { residual } from '../layers/residual.ts';
import type { Layer } from '../network-spec.ts';

/** What {@link tabularResnet} takes. */
export interface TabularResnetOptions {
  /** Width of the residual stream. */
  readonly width: number;
  /** Units inside a block. @default twice the width */
  readonly hidden?: number;
  readonly blocks: number;
  /** Values that come out: classes, or 1 for a number. */
  readonly outputs: number;
  /** The share that is set to zero inside a block while training. @default 0 */
  readonly dropout?: number;
}

/** The residual network for tables of Gorishniy et al. (2021): normalised dense blocks around a stream. */
export function tabularResnet(options: TabularResnetOptions): readonly Layer[] {
  const { width, hidden = 2 * width, blocks, outputs, dropout = 0 } = options;
  const dropped = dropout > 0 ? [dropOut(dropout)] : [];
  const block = () => residual([batchNorm(), dense(hidden), relu(), ...dropped, dense(width)]);
  return [dense(width), ...Array.from({ length: blocks }, block), batchNorm(), relu(), dense(outputs)];
}
