import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadModel, Trainer } from 'traineragent';
import { describe, expect, it } from 'vitest';

describe('loadModel', () => {
  it('opens a saved model by path, file URL or bytes, and predicts as the run did', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => ({
      x: i % 17,
      kind: i % 3 === 0 ? 'a' : 'b',
      y: (i % 17) * 2 + (i % 3),
    }));
    const outcome = await new Trainer().run({ prompt: 'Predict y', data: rows, budget: { workUnits: 50 } }).result;
    if (outcome.status !== 'complete') throw new Error(outcome.status);
    const path = join(await mkdtemp(join(tmpdir(), 'load-model-')), 'model.onnx');
    await outcome.model.save(path);
    const expected = await outcome.model.predict([{ x: 3, kind: 'a' }]);
    for (const source of [path, pathToFileURL(path), new Uint8Array(await readFile(path))]) {
      await using model = await loadModel(source);
      expect(model.hash).toBe(outcome.model.hash);
      expect(await model.predict([{ x: 3, kind: 'a' }])).toEqual(expected);
    }
  });

  it.each([
    ['a missing file', join(tmpdir(), 'no-such-model.onnx'), 'MODEL_INVALID', /does not exist/],
    ['a folder', tmpdir(), 'MODEL_INVALID', /it is a folder/],
    ['bytes that are no model', new Uint8Array([1, 2, 3]), 'MODEL_INVALID', /no valid ONNX model/],
  ])('refuses %s', async (_what, source, code, message) => {
    await expect(loadModel(source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
