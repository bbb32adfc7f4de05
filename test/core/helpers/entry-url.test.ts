import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryUrl } from '../../../src/core/helpers/entry-url.ts';
import { version } from '../../../src/index.ts';

let folder: string;
const { argv } = process;
const home = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'traineragent entry-'));
  process.argv = ['node', join(folder, 'host.js')];
  process.chdir(folder);
});
afterEach(() => {
  process.argv = argv;
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const install = (at: string, of: string) => {
  const path = join(folder, at, 'node_modules/traineragent');
  mkdirSync(join(path, 'dist'), { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'traineragent', version: of }));
  return pathToFileURL(join(path, 'dist/child.js')).href;
};
const bundle = () => pathToFileURL(join(folder, 'out/bundle.mjs')).href;

describe('the file that a process of its own starts from', () => {
  it('is beside the code', () => {
    writeFileSync(join(folder, 'child.js'), '');
    expect(entryUrl('child', pathToFileURL(join(folder, 'chunk.js')).href).href).toBe(
      pathToFileURL(join(folder, 'child.js')).href,
    );
  });

  it('is in the package that is installed beside a bundle, of the same version', () => {
    const url = install('.', version);
    expect(entryUrl('child', bundle()).href).toBe(url);
  });

  it('is not that of another version: the next place is looked at, or the error says what to install', () => {
    install('out', '0.0.1');
    expect(() => entryUrl('child', bundle())).toThrow(
      expect.objectContaining({
        code: 'PEER_MISSING',
        message: expect.stringMatching(
          /the one that is installed is 0\.0\.1\. Install that version \(npm i traineragent@/,
        ),
      }),
    );
    const url = install('.', version);
    expect(entryUrl('child', bundle()).href).toBe(url);
  });

  it('is missed where no package is installed', () => {
    expect(() => entryUrl('child', bundle())).toThrow(
      expect.objectContaining({ code: 'PEER_MISSING', message: expect.stringContaining('it is in neither') }),
    );
  });
});
