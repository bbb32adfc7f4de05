import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Child processes and threads run from `dist/`, also when the tests import the sources: build it once before the first test. Types are
 * left out, for they take a minute, unless the tests pack the package.
 */
export default function setup(): void {
  if (process.env.TRAINERAGENT_SKIP_BUILD === '1') return;
  const tsup = join(dirname(createRequire(import.meta.url).resolve('tsup/package.json')), 'dist/cli-default.js');
  execFileSync(process.execPath, [tsup, '--silent'], {
    stdio: 'inherit',
    env: { ...process.env, TSUP_CODE_ONLY: process.env.TRAINERAGENT_BUILD_TYPES === '1' ? '0' : '1' },
  });
}
