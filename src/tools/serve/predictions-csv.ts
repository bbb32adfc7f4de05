import type { ModelSignature } from '../../onnx/signature.ts';

/** Names of the columns of predictions: `prediction`, `probability_<class>`, `low`, `high`. */
export function predictionColumns({ output }: ModelSignature): readonly string[] {
  if (output.kind === 'classification') return ['prediction', ...output.classes.map((label) => `probability_${label}`)];
  return output.interval ? ['prediction', 'low', 'high'] : ['prediction'];
}

/**
 * One line of CSV (RFC 4180, LF). A text that a spreadsheet would take for a formula is written as it is: a prediction is
 * data for programs, and changing a label would make it another label. {@link isFormula} tells whether to warn.
 */
export function csvLine(values: readonly (string | number | undefined)[]): string {
  return `${values.map((value) => (value === undefined ? '' : typeof value === 'number' ? shortNumber(value) : quoted(value))).join(',')}\n`;
}

/** The shortest decimal that reads back as the same float32, or float64 where it is none. */
export function shortNumber(value: number): string {
  if (Math.fround(value) !== value || !Number.isFinite(value)) return String(value);
  // Most need 8 digits, so that is where the search begins.
  let shortest = Number(value.toPrecision(8));
  if (Math.fround(shortest) !== value) return String(Number(value.toPrecision(9)));
  for (let digits = 7; digits >= 6; digits--) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) !== value) break;
    shortest = shorter;
  }
  return String(shortest);
}

const quoted = (text: string): string => (/[",\r\n]|^\s|\s$|^$/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

/** Whether a spreadsheet would run this text as a formula when it opens a CSV file. */
export const isFormula = (text: string): boolean => /^[=+\-@\t\r]/.test(text);
