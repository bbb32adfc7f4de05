import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainerError } from '../errors.ts';

/**
 * Finds the file that a child process or a thread starts from.
 *
 * Built, every entry point and shared chunk lies flat in `dist/`, so the entry is beside the caller's file. In a host that
 * was bundled into one file it is in the package, which has to be installed where the bundle runs. From the sources
 * (tests), it is in the `dist/` that the test set-up has built, because Node does not run TypeScript.
 *
 * @throws {TrainerError} PEER_MISSING where the files of the package are not there
 */
export function entryUrl(name: 'child' | 'predict-child' | 'csv-thread' | 'trees-thread'): URL {
  // Absent in a bundle of CommonJS.
  const here: string | undefined = import.meta.url;
  if (here?.endsWith('.ts')) return new URL(`../../../dist/${name}.js`, here);
  if (here !== undefined) {
    const beside = new URL(`./${name}.js`, here);
    if (existsSync(beside)) return beside;
  }
  const places = [here, process.argv[1], join(process.cwd(), 'host.js')];
  for (const place of places) {
    if (place === undefined) continue;
    try {
      const manifest = createRequire(place).resolve('traineragent/package.json');
      return pathToFileURL(join(manifest, '..', 'dist', `${name}.js`));
    } catch {} // not from there: the next
  }
  throw new TrainerError(
    'PEER_MISSING',
    `The file ${name}.js, which a process of its own starts from, was expected beside the code or in an installed package traineragent; it is in neither. Keep traineragent in node_modules where a bundle runs (npm i traineragent), or leave it out of the bundle: --external:traineragent.`,
  );
}
