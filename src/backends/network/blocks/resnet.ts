import { relu } from '../layers/activation.ts';
import { conv2d } from '../layers/convolution.ts';
import { dense } from '../layers/dense.ts';
import { batchNorm } from '../layers/normalisation.ts';
import { globalAveragePool } from '../layers/pooling.ts';
import { residual } from '../layers/residual.ts';
import type { Layer } from '../network-spec.ts';

/** What {@link resnet} takes. */
export interface ResnetOptions {
  /** Channels of each stage; each but the first halves the image. */
  readonly stages: readonly number[];
  /** Residual blocks of each stage. @default 1 */
  readonly blocks?: number;
  /** Values that come out. */
  readonly outputs: number;
}

/** Two convolutions around which the image passes by (He et al., 2016). */
function block(filters: number): readonly Layer[] {
  const half = () => [conv2d({ filters, kernel: 3, bias: false }), batchNorm()];
  return [residual([...half(), relu(), ...half()]), relu()];
}

/**
 * A small residual network for images [height, width, channels] (He et al., 2016): a convolution before each stage, of
 * stride 2 but for the first, residual blocks, the mean over positions, and a dense layer.
 */
export function resnet({ stages, blocks = 1, outputs }: ResnetOptions): readonly Layer[] {
  const body = stages.flatMap((filters, stage): Layer[] => [
    conv2d({ filters, kernel: 3, stride: stage === 0 ? 1 : 2 }),
    ...Array.from({ length: blocks }, () => block(filters)).flat(),
  ]);
  return [...body, globalAveragePool(), dense(outputs)];
}
