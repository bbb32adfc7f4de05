import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const pages = ['README.md', ...filesIn('docs', '.md')];
const examples = filesIn('examples', '.ts').map((path) => readFileSync(join(root, path), 'utf8'));
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** What GitHub names the headings of a page by. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  it('has only snippets that are parts of an example', () => {
    const snippets = [...textOf(page).matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]!);
    for (const snippet of snippets)
      expect(
        examples.some((example) => example.includes(snippet)),
        snippet,
      ).toBe(true);
  });

  it('links to files that are there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1]!,
    );
    const missing = links.filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing.map((link) => `${relative(root, join(root, page))} → ${link}`)).toEqual([]);
  });

  it('links to headings that are there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)#]*)#([^)]+)\)/g)];
    const missing = links.filter(([, to, anchor]) => {
      const target = to === '' ? page : join(dirname(page), to!);
      return !anchorsOf(target).includes(anchor!);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });
});

it('the README has snippets', () => {
  expect(textOf('README.md').match(/^```ts$/gm)?.length).toBeGreaterThanOrEqual(3);
});
