import { join } from 'node:path';
import { fileStore, loadModel, type Model, Trainer } from 'traineragent';

/** Routes are bundled apart and may run in several processes: what they share is on the disk. */
export const folder = process.env.TRAINED ?? join(process.cwd(), '.trained');
export const trainer = new Trainer({ store: fileStore(join(folder, 'runs')) });

let loaded: Promise<Model> | undefined;
export const model = (): Promise<Model> => (loaded ??= loadModel(join(folder, 'model.onnx')));
