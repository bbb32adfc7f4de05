import { describe, expect, it } from 'vitest';
import { type Backend, backendRegistry, onnxBackend } from '../../src/backends/engine.ts';

const able = (name: string, has: Partial<Backend['capabilities']>): Backend => ({
  ...onnxBackend(),
  name,
  capabilities: { ...onnxBackend().capabilities, ...has },
});
const page = able('page', { dtypes: ['float32', 'int64'], devices: ['webgl'], deterministic: false });
const onnx = onnxBackend();

describe('a registry of backends', () => {
  it.each([
    ['trains', { train: true }, 'page'],
    ['has a device', { device: 'cpu' }, 'onnx'],
    ['has the other device', { train: true, device: 'webgl' }, 'page'],
    ['takes texts', { predict: true, dtypes: ['string'] }, 'onnx'],
    ['repeats itself', { deterministic: true }, 'onnx'],
    ['is there', {}, 'page'],
  ] as const)('picks the first that %s', async (_, need, expected) => {
    const { name } = await backendRegistry([page, onnx]).pick(need);
    expect(name).toBe(expected);
  });

  it('says of each what it lacks, and where it can be had', async () => {
    const registry = backendRegistry([able('reader', { train: false }), page]);
    await expect(registry.pick({ train: true, device: 'cuda', deterministic: true })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message:
        'Expected a backend that trains, works on cuda, gives the same bits each time, got none that does: ' +
        '"reader" does not train and has no device cuda (it has cpu); ' +
        '"page" has no device cuda (it has webgl) and does not give the same bits each time. ' +
        "Take `onnxBackend({ device: 'cuda' })` where the installed onnxruntime-node lists it, or `remoteBackend` with a worker on a machine that has it.",
    });
    await expect(registry.pick({ device: 'webgpu' })).rejects.toThrow(/tfjsBackend\(\{ tf \}\)` in a browser/);
    await expect(backendRegistry([page]).pick({ dtypes: ['string'] })).rejects.toThrow(/npm i onnxruntime-node/);
    await expect(backendRegistry([]).pick({ train: true })).rejects.toThrow(/got none\. Give one/);
  });

  it('makes what is not made only where it may fit, and once', async () => {
    let made = 0;
    const make = async () => {
      made++;
      return page;
    };
    const registry = backendRegistry([{ name: 'page', capabilities: page.capabilities, make }, onnx]);
    expect((await registry.pick({ dtypes: ['string'] })).name).toBe('onnx');
    expect(made).toBe(0);
    await registry.pick({ train: true });
    expect(await registry.at(0)).toBe(page);
    expect(made).toBe(1);
  });

  it('does not replace one that can not be had, and asks it again the next time', async () => {
    let isThere = false;
    const make = async () => {
      if (!isThere) throw new Error('not there');
      return page;
    };
    const registry = backendRegistry([{ name: 'late', make }, onnx]);
    await expect(registry.pick({ train: true })).rejects.toThrow('not there');
    isThere = true;
    expect((await registry.pick({ train: true })).name).toBe('page');
  });

  it.each<[string, unknown, RegExp]>([
    ['a promise', Promise.resolve(onnx), /it is a promise of one: await it/],
    ['null', null, /it is no object/],
    ['no name', { ...onnx, name: '' }, /it has no name/],
    ['no methods', { ...onnx, compile: undefined }, /"onnx" lacks load or compile/],
    ['no capabilities', { ...onnx, capabilities: undefined }, /"onnx" lacks capabilities/],
    ['other flags', { ...onnx, capabilities: { ...onnx.capabilities, predict: 1 } }, /neither true nor false/],
    ['other lists', { ...onnx, capabilities: { ...onnx.capabilities, devices: 'cpu' } }, /is no list/],
  ])('refuses %s', (_, given, message) => {
    expect(() => backendRegistry([given as never])).toThrow(message);
  });
});
