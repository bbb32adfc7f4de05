import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const pages = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md') && name !== 'index.md')
  .map((name) => `docs/${name}`);
const optional = ['decisions', 'experiments'].flatMap((folder) =>
  readdirSync(join(root, 'docs', folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${folder}/${name}`),
);

const titleOf = (page: string): string => /^# (.+)$/m.exec(textOf(page))![1]!;
/** What stands first below the title, up to the end of its first sentence, on one line. */
const firstSentence = (page: string): string =>
  /^# .+\n\n(?!```|\||-|<|#)([\s\S]+?)(?:\.(?=\s)|\n\n)/.exec(textOf(page))?.[1]?.replaceAll('\n', ' ') ?? '';

describe.each([...pages, ...optional, 'examples/README.md'])('%s', (page) => {
  it('says in its first sentence what it is for', () => {
    expect(firstSentence(page).length).toBeGreaterThan(20);
    expect(firstSentence(page).length).toBeLessThan(200);
    expect(firstSentence(page)).not.toContain('](');
  });

  it('is found from the index', () => {
    if (page.startsWith('docs/')) expect(textOf('docs/index.md')).toContain(`](${page.slice('docs/'.length)})`);
    else expect(textOf('docs/index.md')).toContain('](../examples/README.md)');
  });
});

it('llms.txt points to every page', async () => {
  const line = (page: string): string => `- [${titleOf(page)}](${page}): ${firstSentence(page)}`;
  const [name, , what] = textOf('README.md').split('\n');
  const text = [
    name!,
    '',
    `> ${what}`,
    '',
    '## Documentation',
    '',
    ...pages.map(line),
    '',
    '## Examples',
    '',
    line('examples/README.md'),
    '',
    '## Optional',
    '',
    ...optional.map(line),
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot(join(root, 'llms.txt'));
});
