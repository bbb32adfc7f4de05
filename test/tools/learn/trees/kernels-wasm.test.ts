import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error The build script is plain JavaScript.
import { hashSources, readSources, renderModule } from '../../../../scripts/build-kernels.mjs';
import { sha256 } from '../../../../src/core/helpers/hash.ts';
import { exponential } from '../../../../src/tools/learn/trees/exponential.ts';
import { kernelsBase64, kernelsSha256, kernelsSourceSha256 } from '../../../../src/tools/learn/trees/kernels-wasm.ts';

test('the kernels in the repository are what their source compiles to', async () => {
  const file = new URL('../../../../src/tools/learn/trees/kernels-wasm.ts', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(await renderModule());
  expect(sha256(Buffer.from(kernelsBase64, 'base64'))).toBe(kernelsSha256);
  expect(hashSources(readSources())).toBe(kernelsSourceSha256);
});

test('the exponential of the kernels is within 3e-13 of Math.exp', () => {
  for (let x = -700; x <= 700; x += 0.0917) expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(3e-13);
});
