import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LayoutName } from '../../../../src/backends/onnx/layout/image-layout.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';
import { sessionOpener } from '../../../../src/backends/onnx/train/session.ts';
import type { OpenSession } from '../../../../src/backends/onnx/train/training-session.ts';

afterEach(() => {
  vi.doUnmock('../../../../src/backends/onnx/layout/probe-block.ts');
  vi.resetModules();
});

/** The choice where the runtime was found to have blocks of a size, or none. */
async function choosing(block: number | undefined) {
  vi.doMock('../../../../src/backends/onnx/layout/probe-block.ts', () => ({ probeBlock: async () => block }));
  const { chooseLayout } = await import('../../../../src/backends/onnx/layout/choose-layout.ts');
  const never: OpenSession = () => Promise.reject(new Error('nothing is opened'));
  return (wanted?: LayoutName | 'auto') => chooseLayout(never, wanted);
}

describe('chooseLayout', () => {
  it.each<[LayoutName | 'auto', number | undefined, LayoutName | undefined]>([
    ['auto', 16, 'nchwc'],
    ['auto', 8, 'nchwc'],
    ['auto', undefined, 'nhwc'],
    ['nchwc', 16, 'nchwc'],
    ['nhwc', 16, 'nhwc'],
    ['winograd', 16, 'winograd'],
    ['plain', 16, undefined],
  ])('%s with blocks of %s is %s', async (wanted, block, expected) => {
    const choose = await choosing(block);
    expect((await choose(wanted))?.name).toBe(expected);
  });

  it('says that the runtime has no blocks where they are forced', async () => {
    const choose = await choosing(undefined);
    await expect(choose('nchwc')).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });

  it('refuses a layout that does not exist', async () => {
    const choose = await choosing(16);
    await expect(choose('nchw' as 'nhwc')).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/auto, nchwc, nhwc, winograd, plain, got "nchw"/),
    });
  });

  it('finds on this machine what it found before', async () => {
    const { probeBlock } = await import('../../../../src/backends/onnx/layout/probe-block.ts');
    const open = sessionOpener(await loadRuntime());
    expect([8, 16, undefined]).toContain(await probeBlock(open));
    expect(probeBlock(open)).toBe(probeBlock(open));
  });
});
