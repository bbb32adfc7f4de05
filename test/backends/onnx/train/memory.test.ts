import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const engine = new URL('../../../../dist/engine.js', import.meta.url);

/** What the runtime and the session take whatever the network. */
const sessionMb = 16;

/** Trains three steps in a process of its own; megabytes that it took, and that were estimated. */
function measure(
  network: string,
  batch: number,
  targets: string,
): { readonly taken: number; readonly estimated: number } {
  const script = `
    const { onnxBackend, network, gpt, conv2d, relu, maxPool2d, flatten, dense } = await import(${JSON.stringify(engine.href)});
    const { spec, input } = ${network};
    const rows = ${batch};
    const size = rows * input.shape.reduce((a, b) => a * b, 1);
    const data = input.dtype === 'int64' ? new BigInt64Array(size) : new Float32Array(size);
    const shape = ${targets};
    const all = {
      inputs: { x: { dtype: input.dtype, shape: [rows, ...input.shape], data } },
      targets: { y: { dtype: 'int64', shape, data: new BigInt64Array(shape.reduce((a, b) => a * b, 1)) } },
    };
    const training = { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'adam', learningRate: 1e-3 } };
    const batch = Int32Array.from({ length: rows }, (_, i) => i);
    const backend = onnxBackend({ layout: 'nhwc' });
    const estimateOf = (error) => error.details.estimatedBytes;
    const parameters = await backend.compile(spec, { ...training, memoryLimitBytes: 1 }).catch(estimateOf);
    const limited = await backend.compile(spec, { ...training, memoryLimitBytes: parameters });
    const estimated = await limited.steps(all, [batch]).catch(estimateOf);
    const before = process.memoryUsage.rss();
    const trained = await backend.compile(spec, training);
    await trained.steps(all, [batch, batch, batch]);
    // Linux hands maxRSS on from the process that started this one; the high-water mark of its own memory it keeps apart.
    const { existsSync, readFileSync } = await import('node:fs');
    const status = '/proc/self/status';
    const own = existsSync(status) ? /VmHWM:\\s*(\\d+)/.exec(readFileSync(status, 'utf8')) : null;
    const taken = 1024 * Number(own?.[1] ?? process.resourceUsage().maxRSS) - before;
    console.log(JSON.stringify({ taken: taken / 2 ** 20, estimated: estimated / 2 ** 20 }));
  `;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../../../../', import.meta.url)),
    encoding: 'utf8',
  });
  return JSON.parse(out) as { taken: number; estimated: number };
}

describe('the estimate of memory', () => {
  it.each([
    [
      'a GPT',
      `(() => { const input = { dtype: 'int64', shape: [64] };
        return { input, spec: network({ inputs: { x: input }, layers: gpt({ vocabulary: 64, width: 64, depth: 2, heads: 4 }) }) }; })()`,
      32,
      '[rows, 64]',
    ],
    [
      'a CNN',
      `(() => { const input = { dtype: 'float32', shape: [28, 28, 1] };
        return { input, spec: network({ inputs: { x: input }, layers: [
          conv2d({ filters: 32, kernel: 3 }), relu(), maxPool2d(2), flatten(), dense(10)] }) }; })()`,
      64,
      '[rows]',
    ],
    [
      'an MLP of wide layers',
      `(() => { const input = { dtype: 'float32', shape: [64] };
        return { input, spec: network({ inputs: { x: input }, layers: [dense(1024), relu(), dense(1024), relu(), dense(4)] }) }; })()`,
      512,
      '[rows]',
    ],
  ])('of %s is what a process takes, within a factor of 1.7', (_, net, batch, targets) => {
    const { taken, estimated } = measure(net, batch, targets);
    expect(taken).toBeGreaterThan(30);
    expect((estimated + sessionMb) / taken).toBeGreaterThan(1 / 1.7);
    expect((estimated + sessionMb) / taken).toBeLessThan(1.7);
  });
});
