import type { Where } from '../evaluate/column-parts.ts';
import { formatNumber } from './wording.ts';

/** Rows of one column in words: `age above 30, up to 45`. */
export function whereWords(where: Where): string {
  switch (where.kind) {
    case 'missing':
      return `${where.column} is missing`;
    case 'value':
      return `${where.column} is “${where.value}”`;
    case 'range': {
      const shown = (value: number): string => (where.isDate ? dateOf(value) : formatNumber(value));
      const parts = [
        ...(where.low === undefined ? [] : [`above ${shown(where.low)}`]),
        ...(where.high === undefined ? [] : [`up to ${shown(where.high)}`]),
      ];
      return `${where.column} ${parts.length === 0 ? 'has a value' : parts.join(', ')}`;
    }
  }
}

/** Milliseconds as a day. */
export const dateOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);
