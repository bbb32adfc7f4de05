import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The environment of a host in a closed network. */
export const hostEnv = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NEXT_TELEMETRY_DISABLED: '1' };

/** Packs the package into a folder. @returns the path of the tarball */
export function packInto(folder: string): string {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root, env: hostEnv });
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
}

/** An empty host application with its data. */
export function makeHost(folder: string, name: string, manifest: object = { private: true }): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify(manifest));
  cpSync(join(root, 'examples/data/penguins.csv'), join(path, 'penguins.csv'));
  return path;
}

const installArgs = ['install', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs packages, by name or as a tarball. */
export function install(cwd: string, ...packages: readonly string[]): void {
  execFileSync('npm', [...installArgs, ...packages], { cwd, env: hostEnv });
}

/** The same, while other things go on. */
export async function installing(cwd: string, ...packages: readonly string[]): Promise<void> {
  await promisify(execFile)('npm', [...installArgs, ...packages], { cwd, env: hostEnv });
}
