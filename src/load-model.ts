import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { TrainerError } from './core/errors.ts';
import type { LoadModelOptions, Model } from './tools/artefact/model.ts';

/**
 * Opens a model that was saved: checks the file, and predicts with it in this process or, where a call costs more than
 * about 5 ms, in one of its own.
 *
 * @param source - a path, a file URL, or the bytes
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE
 * @example
 * const model = await loadModel('churn.onnx');
 * const [answer] = await model.predict([{ tenure: 3, plan: 'basic' }]);
 */
export async function loadModel(source: string | URL | Uint8Array, options: LoadModelOptions = {}): Promise<Model> {
  const bytes = source instanceof Uint8Array ? source : await readModelFile(source);
  const [{ loadModel: load }, { onnxBackend }] = await Promise.all([
    import('./tools/artefact/model.ts'),
    import('./backends/onnx/onnx-backend.ts'),
  ]);
  return load(bytes, onnxBackend(), options);
}

async function readModelFile(source: string | URL): Promise<Uint8Array> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'it does not exist' : code === 'EISDIR' ? 'it is a folder' : (code ?? 'unknown reason');
    throw new TrainerError('MODEL_INVALID', `Expected a model file at ${path}, but ${why}.`, {
      cause,
      details: { path },
    });
  }
}
