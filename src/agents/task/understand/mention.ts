import type { ColumnProfile } from '../../../tools/data/profile/profile.ts';
import type { Span } from './reading.ts';

/** A place in the prompt that speaks of a column. */
export interface Mention extends Span {
  readonly column: string;
  /** 1 for the whole name, less for parts, synonyms and values; never 0. */
  readonly quality: number;
  readonly by: 'name' | 'part' | 'synonym' | 'value' | 'unit';
  /** The last word of the name, the thing itself, was said. */
  readonly isHead: boolean;
  /** Tokens that were matched, where others lie between. */
  readonly matched?: readonly number[];
  /** For `value`: the label that was named. */
  readonly value?: string;
}

/** A column with the words that its name is made of. */
export interface NamedColumn {
  readonly profile: ColumnProfile;
  readonly name: string;
  /** Words of the name, units at its end left out, abbreviations kept. */
  readonly words: readonly string[];
  readonly units: readonly string[];
}

/** A word of the prompt, split as column names are, and its token. */
export interface Atom {
  readonly word: string;
  readonly token: number;
}
