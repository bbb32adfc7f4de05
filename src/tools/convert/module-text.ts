import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { typescriptOfRecord } from '../serve/typescript-types.ts';
import { portableSource } from './portable-source.ts';
import { toPortable } from './to-portable.ts';

/** JSON that can stand in any script: what would end a line or a script element is escaped. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/**
 * A model as one JavaScript or TypeScript module without imports: `predict(records)` with reading of values, preprocessing, model,
 * calibration and decision inside.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED where the graph has operators beyond those of linear models and trees; MODEL_INVALID,
 * MODEL_SIGNATURE
 */
export function moduleText(bytes: Uint8Array, language: 'javascript' | 'typescript'): string {
  const checked = checkModel(bytes);
  const signature = readSignature(checked);
  const model = scriptJson(toPortable(checked));
  const about = `Predicts ${JSON.stringify(signature.target).replaceAll('*/', '* /')}. Made by traineragent; it needs no package and no network.`;
  const head = `/* ${about} */`;
  if (language === 'javascript')
    return `${head}
${portableSource}
const model = ${model};
/** What the model takes and gives. */
export const signature = model.signature;
/** Predicts an array of records, by column name; one record alone is an array of one. What is left out is missing. */
export const predict = portable.createPortable(model);
`;
  return `// @ts-nocheck
${head}
${portableSource}
const model = ${model};
${typescriptOfRecord(signature)}
/** Predicts an array of records, by column name; one record alone is an array of one. What is left out is missing. */
export const predict: (records: readonly ModelInput[] | ModelInput) => ModelOutput[] = portable.createPortable(model);
`;
}
