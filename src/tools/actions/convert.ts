import { performance } from 'node:perf_hooks';
import type { Backend, Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import { isRounded, type ModelForm } from '../../core/helpers/model-forms.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { collectPredictions, type PredictedRows } from '../artefact/decode-predictions.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { loadModel } from '../artefact/model.ts';
import { type PredictionDifference, predictionDifference } from '../artefact/prediction-difference.ts';
import { browserFolder } from '../convert/browser-folder.ts';
import { mostComparedRows, predictAll, roundModel } from '../convert/convert-model.ts';
import { moduleText } from '../convert/module-text.ts';
import { createPortable } from '../convert/portable/portable-predictor.ts';
import { createPortableRunner } from '../convert/portable/portable-runner.ts';
import { toPortable } from '../convert/to-portable.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { exampleRecords } from '../serve/example-records.ts';
import { measureLatency } from '../serve/measure-latency.ts';
import { type ActionContext, defineAction } from './action.ts';
import { sampleOf } from './assemble.ts';

export interface ConvertInput {
  /** Blob of a model file of ours. */
  readonly model: string;
  readonly form: Exclude<ModelForm, 'float32'>;
  /** Blob of the rows to learn from: int8 is calibrated on them, and both forms predict them. */
  readonly train: string;
  /** Whether both forms are timed. @default false */
  readonly times?: boolean;
}

export interface ConvertOutput extends Partial<PredictionDifference> {
  /** Of the file it is made of. */
  readonly sizeBytesBefore: number;
  /** Why the model can't be had in this form; nothing else is told then. */
  readonly refused?: string;
  /** Blob of the file, or of the module's text; for a browser that of the model in the folder. */
  readonly file?: string;
  /** Of the file, the module or the folder without the runtime. */
  readonly sizeBytes?: number;
  /** What predicted, where it is not what serves models here; without the package that a browser takes nothing is compared. */
  readonly runtime?: string;
  /** Median milliseconds for one record, from record to answer, of the file before and of this form. */
  readonly latencyMs?: { readonly before: number; readonly after: number };
}

/** Makes another form of a model file and holds it against that file on real rows. */
export const convert = defineAction<ConvertInput, ConvertOutput>({
  name: 'convert',
  async run(input, context) {
    const bytes = await context.blobs.get(input.model);
    const signature = readSignature(checkModel(bytes));
    const table = sampleOf(decodeTable(await context.blobs.get(input.train)), mostComparedRows);
    const tensors = encodeTableForModel(signature, table);
    const sizeBytesBefore = bytes.length;
    let made: Made;
    try {
      made = await make(input.form, bytes, tensors, context);
    } catch (error) {
      if (!TrainerError.isInstance(error) || error.code !== 'MODEL_UNSUPPORTED') throw error;
      return { sizeBytesBefore, refused: error.message };
    }
    const { predicted, time } = made;
    const backend = await context.backend();
    const difference = predicted && predictionDifference(predicted, await predictAll(bytes, tensors, backend));
    return {
      sizeBytesBefore,
      file: await context.blobs.put(made.file),
      sizeBytes: made.sizeBytes,
      ...(made.runtime === undefined ? {} : { runtime: made.runtime }),
      ...difference,
      ...(input.times !== true || time === undefined
        ? {}
        : { latencyMs: { before: await timeFile(bytes, backend), after: await time() } }),
    };
  },
});

type Signature = ReturnType<typeof readSignature>;
type PredictOne = (record: ReturnType<typeof exampleRecords>[number]) => unknown;

interface Made {
  readonly file: Uint8Array;
  readonly sizeBytes: number;
  readonly predicted: PredictedRows | undefined;
  readonly time?: () => Promise<number>;
  readonly runtime?: string;
}

async function make(
  form: ConvertInput['form'],
  bytes: Uint8Array,
  tensors: Tensors,
  context: ActionContext,
): Promise<Made> {
  if (isRounded(form)) {
    const backend = await context.backend();
    const { bytes: file } = await roundModel(bytes, form, tensors, backend);
    return { ...(await predictedBy(file, tensors, backend)), file, sizeBytes: file.length };
  }
  if (form === 'browser') {
    const encoder = new TextEncoder();
    const sizeBytes = Object.values(browserFolder(bytes)).reduce(
      (sum, content) => sum + (typeof content === 'string' ? encoder.encode(content).length : content.length),
      0,
    );
    const web = await context.webBackend();
    if (web === undefined) return { file: bytes, sizeBytes, predicted: undefined };
    const { name = web.name, version } = (await web.runtime?.()) ?? {};
    const runtime = version === undefined ? name : `${name} ${version}`;
    return { ...(await predictedBy(bytes, tensors, web)), file: bytes, sizeBytes, runtime };
  }
  const model = checkModel(bytes);
  const portable = toPortable(model);
  const file = new TextEncoder().encode(moduleText(bytes, form));
  const predicted = collectPredictions(readSignature(model), [createPortableRunner(portable)(tensors)]);
  const predictOne = createPortable(portable);
  return {
    file,
    sizeBytes: file.length,
    predicted,
    time: () => medianMs(portable.signature, predictOne),
    runtime: 'JavaScript',
  };
}

/** What a file predicts, and how long one record takes it. */
async function predictedBy(
  file: Uint8Array,
  tensors: Tensors,
  backend: Backend,
): Promise<Pick<Made, 'predicted' | 'time'>> {
  return { predicted: await predictAll(file, tensors, backend), time: () => timeFile(file, backend) };
}

async function timeFile(file: Uint8Array, backend: Backend): Promise<number> {
  await using model = loadModel(file, backend, { where: 'inline' });
  // Waited for here: what is returned would outlive the model.
  return await medianMs(model.signature, (record) => model.predict([record]));
}

/** One record at a time. */
async function medianMs(signature: Signature, predictOne: PredictOne): Promise<number> {
  const records = exampleRecords(signature, 16);
  const { p50 } = await measureLatency(async (i) => predictOne(records[i % records.length]!), {
    now: () => performance.now(),
    count: 300,
    maxMs: 1000,
  });
  return p50;
}
