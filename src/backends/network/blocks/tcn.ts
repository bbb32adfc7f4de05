import { relu } from '../layers/activation.ts';
import { conv1d } from '../layers/convolution.ts';
import { dropout as dropOut } from '../layers/dropout.ts';
import { residual } from '../layers/residual.ts';
import type { Layer } from '../network-spec.ts';

/** What {@link tcn} takes. */
export interface TcnOptions {
  /** Channels of all layers. */
  readonly channels: number;
  /** Blocks; each reaches twice as far back as the one before. */
  readonly levels: number;
  /** @default 3 */
  readonly kernel?: number;
  /** The share that is set to zero inside a block while training. @default 0 */
  readonly dropout?: number;
}

/**
 * A temporal convolutional network for sequences [length, channels] (Bai et al., 2018): causal convolutions whose taps lie
 * 1, 2, 4, … positions apart, two in each residual block. What comes out at a position depends on nothing behind it.
 */
export function tcn({ channels, levels, kernel = 3, dropout = 0 }: TcnOptions): readonly Layer[] {
  const dropped = dropout > 0 ? [dropOut(dropout)] : [];
  const block = (level: number): Layer[] => {
    const half = () => conv1d({ filters: channels, kernel, dilation: 1 << level, padding: 'causal' });
    return [residual([half(), relu(), ...dropped, half(), relu(), ...dropped]), relu()];
  };
  return [
    conv1d({ filters: channels, kernel: 1 }),
    ...Array.from({ length: levels }, (_, level) => block(level)).flat(),
  ];
}
