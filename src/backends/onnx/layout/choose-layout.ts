import { TrainerError } from '../../../core/errors.ts';
import type { OpenSession } from '../train/training-session.ts';
import { type ImageLayout, type LayoutName, layoutNames } from './image-layout.ts';
import { nchwcLayout } from './nchwc-layout.ts';
import { nhwcLayout } from './nhwc-layout.ts';
import { probeBlock } from './probe-block.ts';
import { winogradLayout } from './winograd-layout.ts';

/** Layouts with channels last, of operators that every runtime has. */
const lastLayouts = { nhwc: nhwcLayout, winograd: winogradLayout } as const;

/**
 * The layout that images are held in: `nchwc` where the runtime has been proven to have it, else `otherwise`; or the one that is
 * asked for. `plain` has none.
 *
 * @throws {TrainerError} REQUEST_INVALID where the layout does not exist, MODEL_UNSUPPORTED where the runtime has it not.
 */
export async function chooseLayout(
  openSession: OpenSession,
  wanted: LayoutName | 'auto' = 'auto',
  otherwise: 'nhwc' | 'winograd' = 'nhwc',
): Promise<ImageLayout | undefined> {
  if (wanted !== 'auto' && !layoutNames.includes(wanted)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the layout to be one of auto, ${layoutNames.join(', ')}, got ${JSON.stringify(wanted)}.`,
    );
  }
  if (wanted === 'plain') return undefined;
  if (wanted === 'nhwc' || wanted === 'winograd') return lastLayouts[wanted];
  const block = await probeBlock(openSession);
  if (block !== undefined) return nchwcLayout(block);
  if (wanted === 'auto') return lastLayouts[otherwise];
  throw new TrainerError(
    'MODEL_UNSUPPORTED',
    'The installed ONNX Runtime has no convolutions in blocks (nchwc) on this machine. Use the layout auto, nhwc or winograd.',
  );
}
