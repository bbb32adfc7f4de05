import { countMissing, isValid } from '../columns/bitmap.ts';
import { countCodes } from '../columns/texts.ts';
import type { CategoryColumn, Column, Table, TextColumn } from '../table.ts';
import { DistinctCounter } from './distinct-counter.ts';
import { countDuplicateRows, hashText } from './duplicate-rows.ts';
import type { ColumnProfile, TableProfile } from './profile.ts';
import { byFallingCount, countDistinct, isNumbering, presentValues, summarise } from './profile-numbers.ts';

/** Share of distinct texts from which a column looks like an identifier. */
const identifierShare = 0.95;

/** Measures a table: one pass a column for each kind of fact, quantiles exact, distinct values exact up to 100,000. */
export function profileTable(table: Table): TableProfile {
  return {
    rowCount: table.rowCount,
    columns: table.columns.map((column) => profileColumn(column, table.rowCount)),
    duplicateRows: countDuplicateRows(table),
  };
}

/** Measures one column. */
export function profileColumn(column: Column, rowCount: number): ColumnProfile {
  const { name, kind } = column;
  const base = { name, kind, missing: countMissing(column.validity, rowCount) };
  switch (kind) {
    case 'number':
    case 'datetime': {
      const values = presentValues(column.values, column.validity, rowCount);
      const numeric = summarise(values);
      const { top, ...counts } = countDistinct(values, numeric);
      const unit = kind === 'number' && column.unit !== undefined ? { unit: column.unit } : {};
      const identifier = kind === 'number' && isNumbering(values, counts.distinct, numeric?.integers ?? false);
      const tops = kind === 'number' && top !== undefined ? { top } : {};
      return { ...base, ...counts, ...(numeric && { numeric }), ...tops, ...unit, identifier };
    }
    case 'boolean': {
      const values = presentValues(column.values, column.validity, rowCount);
      const numeric = summarise(values);
      const ones = values.reduce((sum, value) => sum + value, 0);
      const counts = new Map([
        [column.labels[0], values.length - ones],
        [column.labels[1], ones],
      ]);
      const top = byFallingCount(counts, String).filter(({ count }) => count > 0);
      return {
        ...base,
        distinct: top.length,
        distinctExact: true,
        ...(numeric && { numeric }),
        top,
        identifier: false,
      };
    }
    case 'category':
      return { ...base, ...profileCategory(column, rowCount, base.missing) };
    case 'text':
      return { ...base, ...profileText(column, rowCount, base.missing) };
  }
}

function profileCategory(column: CategoryColumn, rowCount: number, missing: number) {
  const all = countCodes(column.codes, rowCount, column.dictionary.length);
  // Missing rows hold code 0.
  if (missing > 0) all[1]! -= missing;
  const counts = new Map<string, number>();
  for (const [code, value] of column.dictionary.entries()) {
    if (all[code + 1]! > 0) counts.set(value, all[code + 1]!);
  }
  const present = rowCount - missing;
  const identifier = present >= 10 && counts.size >= present * identifierShare;
  return { distinct: counts.size, distinctExact: true, top: byFallingCount(counts, String), identifier };
}

function profileText(column: TextColumn, rowCount: number, missing: number) {
  const counter = new DistinctCounter();
  const hash = new Int32Array(2);
  let [characters, words, maxLength] = [0, 0, 0];
  for (let row = 0; row < rowCount; row++) {
    if (!isValid(column.validity, row)) continue;
    hashText(column, row, hash);
    counter.add(hash[0]!, hash[1]!);
    const { length, wordCount } = measure(column, row);
    characters += length;
    words += wordCount;
    if (length > maxLength) maxLength = length;
  }
  const present = rowCount - missing;
  const meanWords = present === 0 ? 0 : words / present;
  return {
    distinct: counter.count,
    distinctExact: counter.isExact,
    text: { meanLength: present === 0 ? 0 : characters / present, maxLength, meanWords },
    // Sentences are distinct too, but they say something.
    identifier: present >= 10 && counter.count >= present * identifierShare && meanWords < 2.5,
  };
}

/** Characters (code points) and words (runs without white space) of a text, from its bytes. */
function measure(column: TextColumn, row: number): { length: number; wordCount: number } {
  let [length, wordCount, wasSpace] = [0, 0, true];
  const end = column.offsets[row + 1]!;
  for (let at = column.offsets[row]!; at < end; at++) {
    const byte = column.bytes[at]!;
    if ((byte & 0xc0) !== 0x80) length++;
    const isSpace = byte === 32 || (byte >= 9 && byte <= 13);
    if (wasSpace && !isSpace) wordCount++;
    wasSpace = isSpace;
  }
  return { length, wordCount };
}
