import { visible } from './html.ts';

/** Escapes what Markdown or the HTML within it would read as markup. */
export const md = (text: string): string =>
  visible(text).replace(/[\\`*_{}[\]#|<>~&$]/g, (character) =>
    character === '<' ? '&lt;' : character === '>' ? '&gt;' : character === '&' ? '&amp;' : `\\${character}`,
  );

/** Text as a code span: backticks would end it, a bar would end a table's cell. */
export const code = (text: string): string => `\`${visible(text).replace(/`/g, '’').replace(/\|/g, '¦')}\``;

/** Collects the records that a text cites, and writes them as footnotes. */
export function createCitations(names: Readonly<Record<string, string>> = {}) {
  const cited = new Set<number>();
  return {
    /** The mark of a record (`#12`) behind a sentence; nothing where it has none. */
    cite(...records: readonly (string | undefined)[]): string {
      const numbers = [...new Set(records)].flatMap((record) =>
        record === undefined ? [] : [Number(record.slice(1))],
      );
      for (const number of numbers) cited.add(number);
      return numbers.map((number) => `[^${number}]`).join('');
    },
    /** The footnotes of all that were cited, by number. */
    footnotes: (): readonly string[] =>
      [...cited]
        .sort((a, b) => a - b)
        .map((number) => {
          const name = names[`#${number}`];
          return `[^${number}]: Record ${number} of the journal${name === undefined ? '' : `, ${name}`}.`;
        }),
  };
}
