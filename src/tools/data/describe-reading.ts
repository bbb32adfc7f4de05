import type { ReadReport } from './read-report.ts';

const reasons = {
  'too-few-fields': 'have fewer fields than the header',
  'too-many-fields': 'have more fields than the header',
  'not-a-record': 'are no records',
} as const;

/** Most notes that are told of single columns. */
const maxColumnNotes = 20;

/** What a person should know of a reading, one sentence each; counts and names, never values. */
export function describeReading(report: ReadReport): string[] {
  const notes: string[] = [];
  for (const { reason, count, rows } of report.setAside) {
    notes.push(
      `${count} rows ${reasons[reason]} and were set aside (row ${rows.slice(0, 5).join(', ')}${count > 5 ? ', …' : ''}).`,
    );
  }
  if (report.sample !== undefined) {
    notes.push(
      `The source has ${report.rowsRead} rows; ${report.rowsKept} were kept by chance, ${report.sample.rowsLeftOut} left out.`,
    );
  }
  if (report.blankLines > 0) notes.push(`${report.blankLines} blank lines were passed over.`);
  const { text } = report;
  if (text !== undefined) {
    if (text.encoding !== 'utf-8') notes.push(`The file was read as ${text.encoding}.`);
    if (!text.dialect.header) notes.push('The file has no header; columns are named column_1, column_2, ….');
    if (text.nulBytes > 0) notes.push(`${text.nulBytes} NUL bytes were kept in their cells.`);
    if (text.secondReader !== undefined) notes.push(`The tolerant reader was used: ${text.secondReader}.`);
  }
  for (const { from, to } of report.renamed.slice(0, maxColumnNotes))
    notes.push(`The header "${from}" was renamed "${to}".`);
  const told = report.columns.filter(({ unparsed, notes: own }) => unparsed > 0 || own.length > 0);
  for (const { name, unparsed, format, notes: own } of told.slice(0, maxColumnNotes)) {
    if (unparsed > 0) notes.push(`${unparsed} values of "${name}" are no ${format.kind} and count as missing.`);
    notes.push(...own.map((note) => `"${name}": ${note}`));
  }
  if (told.length > maxColumnNotes)
    notes.push(`Notes on ${told.length - maxColumnNotes} more columns are left out here.`);
  return notes;
}
