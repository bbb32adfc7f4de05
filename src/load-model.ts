import { readModelFile } from './core/read-model-file.ts';
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
