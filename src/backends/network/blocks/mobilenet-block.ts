import { relu } from '../layers/activation.ts';
import { conv2d, depthwiseConv2d } from '../layers/convolution.ts';
import { batchNorm } from '../layers/normalisation.ts';
import { residual } from '../layers/residual.ts';
import { squeezeExcite } from '../layers/squeeze-excite.ts';
import type { Layer } from '../network-spec.ts';

/** What {@link mobilenetBlock} takes. */
export interface MobilenetBlockOptions {
  /** Channels that come in. */
  readonly channels: number;
  /** Channels that come out. @default as many */
  readonly filters?: number;
  /** How many times as wide it is inside. @default 6 */
  readonly expansion?: number;
  /** @default 3 */
  readonly kernel?: number;
  /** @default 1 */
  readonly stride?: 1 | 2;
  /** Whether channels are weighed inside (Howard et al., 2019). @default false */
  readonly squeezes?: boolean;
}

/**
 * The inverted residual of MobileNetV2 (Sandler et al., 2018): wider by a convolution of one pixel, a depthwise one, and
 * narrow again without activation. Where the shape stays, the input passes by.
 */
export function mobilenetBlock(options: MobilenetBlockOptions): readonly Layer[] {
  const { channels, filters = channels, expansion = 6, kernel = 3, stride = 1, squeezes = false } = options;
  const wide = channels * expansion;
  const layers: readonly Layer[] = [
    ...(expansion === 1 ? [] : [conv2d({ filters: wide, kernel: 1, bias: false }), batchNorm(), relu()]),
    depthwiseConv2d({ kernel, stride, bias: false }),
    batchNorm(),
    relu(),
    ...(squeezes ? [squeezeExcite(Math.max(1, Math.round(channels / 4)))] : []),
    conv2d({ filters, kernel: 1, bias: false }),
    batchNorm(),
  ];
  return stride === 1 && filters === channels ? [residual(layers)] : layers;
}
