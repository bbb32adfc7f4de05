import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/decode.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';
import { buildSample } from './sample.ts';

const sample = decodeModel(buildSample());

/** The sample with other initializers of floats. */
function withTensors(tensors: readonly (readonly [name: string, length: number])[]): OnnxModel {
  const initializers = tensors.map(([name, length], i) => ({
    name: `${name}${i}`,
    dims: [length],
    dataType: 1,
    isExternal: false,
    isSegment: false,
    raw: new Uint8Array(new Float32Array(length).fill(i + 0.5).buffer),
  }));
  return { ...sample, graph: { ...sample.graph, initializers } };
}

it('an aligned file has the same tensors, each at a multiple of 4 bytes', () => {
  const length = fc.oneof(fc.nat(70), fc.constantFrom(4090, 4091, 4092, 4093, 4094, 4095, 4096, 600_000));
  const tensor = fc.tuple(fc.string({ maxLength: 140, unit: fc.constantFrom('a', 'é', '1') }), length);
  fc.assert(
    fc.property(fc.array(tensor, { minLength: 1, maxLength: 6 }), (tensors) => {
      const model = withTensors(tensors);
      const bytes = encodeModel(model, { isAligned: true });
      const read = decodeModel(bytes).graph.initializers;
      expect(read.map(({ name, dims }) => [name, dims])).toEqual(
        model.graph.initializers.map(({ name, dims }) => [name, dims]),
      );
      for (const [i, { raw }] of read.entries()) {
        expect(Buffer.compare(raw!, model.graph.initializers[i]!.raw!)).toBe(0);
        expect(raw!.byteOffset % 4).toBe(0);
      }
      // What was filled up is no part of the model.
      expect(Buffer.compare(encodeModel(decodeModel(bytes)), encodeModel(model))).toBe(0);
    }),
    { numRuns: 40, seed: 4 },
  );
});
