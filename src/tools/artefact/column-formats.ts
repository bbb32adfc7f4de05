import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import type { ColumnFormat } from '../data/columns/column-format.ts';

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isFormatOf(kind: SignatureInput['kind'], format: Record<string, unknown>): boolean {
  if (format.kind !== kind || (format.missing !== undefined && !isTexts(format.missing))) return false;
  switch (kind) {
    case 'number':
      return /^[.,]$/.test(String(format.decimal)) && /^(string|undefined)$/.test(typeof format.unit);
    case 'datetime':
      return /^(ymd|dmy|mdy)$/.test(String(format.order));
    case 'boolean':
      return isTexts(format.labels) && format.labels.length === 2;
    case 'category':
      return true;
  }
}

/** How the texts of an input are read where the signature does not say. */
function plainFormat(input: SignatureInput): ColumnFormat {
  switch (input.kind) {
    case 'number':
      return { kind: 'number', decimal: '.', ...(input.unit === undefined ? {} : { unit: input.unit }) };
    case 'boolean':
      return { kind: 'boolean', labels: input.labels };
    case 'datetime':
      return { kind: 'datetime', order: 'ymd' };
    case 'category':
      return { kind: 'category' };
  }
}

/**
 * How the texts of an input are read: as training read them, or where the signature does not say, plainly.
 *
 * @throws {TrainerError} MODEL_SIGNATURE where the file says it in a form that is not known.
 */
export function formatOf(input: SignatureInput): ColumnFormat {
  const { format } = input;
  if (format === undefined) return plainFormat(input);
  if (typeof format === 'object' && format !== null && isFormatOf(input.kind, format as Record<string, unknown>)) {
    return format as unknown as ColumnFormat;
  }
  throw new TrainerError(
    'MODEL_SIGNATURE',
    `The model's signature says how to read the column ${JSON.stringify(input.name)} in a form that is not known. Update traineragent, or train again.`,
  );
}

/**
 * Holds every format of a signature that was read from a file.
 *
 * @throws {TrainerError} MODEL_SIGNATURE
 */
export function checkFormats(signature: ModelSignature): void {
  for (const input of signature.inputs) formatOf(input);
}
