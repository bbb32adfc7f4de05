import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainerError } from '../errors.ts';
import { version } from '../version.ts';

/**
 * Finds the file that a child process or a thread starts from.
 *
 * Built, every entry point and shared chunk lies flat in `dist/`, so the entry is beside the caller's file. In a host that
 * was bundled into one file it is in the package, which has to be installed where the bundle runs, in the version that was
 * bundled. From the sources (tests), it is in the `dist/` that the test set-up has built, because Node does not run TypeScript.
 *
 * @param from - the caller's file; absent in a bundle of CommonJS
 * @throws {TrainerError} PEER_MISSING where the files of the package are not there, or of another version
 */
export function entryUrl(
  name: 'child' | 'predict-child' | 'csv-thread' | 'trees-thread',
  from: string | undefined = import.meta.url,
): URL {
  if (from?.endsWith('.ts')) return new URL(`../../../dist/${name}.js`, from);
  if (from !== undefined) {
    const beside = new URL(`./${name}.js`, from);
    if (existsSync(beside)) return beside;
  }
  let other: string | undefined;
  for (const place of [from, process.argv[1], join(process.cwd(), 'host.js')]) {
    if (place === undefined) continue;
    const installed = installedFrom(place);
    if (installed?.version === version) return pathToFileURL(join(installed.manifest, '..', 'dist', `${name}.js`));
    other ??= installed?.version;
  }
  throw new TrainerError(
    'PEER_MISSING',
    other === undefined
      ? `The file ${name}.js, which a process of its own starts from, was expected beside the code or in an installed package traineragent; it is in neither. Keep traineragent in node_modules where a bundle runs (npm i traineragent), or leave it out of the bundle: --external:traineragent.`
      : `The file ${name}.js, which a process of its own starts from, was expected in an installed package traineragent ${version}, the version of this bundle; the one that is installed is ${other}. Install that version (npm i traineragent@${version}), or bundle again.`,
  );
}

/** The package that a file would import. */
function installedFrom(place: string): { readonly manifest: string; readonly version: string } | undefined {
  try {
    const manifest = createRequire(place).resolve('traineragent/package.json');
    return { manifest, version: (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version };
  } catch {
    return undefined; // not from there
  }
}
