import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of a host with this package as it is published, and all that it depends on but ONNX Runtime. */
export interface BareHost extends Disposable {
  readonly folder: string;
  /** Writes a program, and returns its path. */
  program(text: string): string;
}

/**
 * Makes such a folder.
 *
 * @param extra packages that this one has installed besides
 */
export function bareHost(extra: readonly string[]): BareHost {
  const folder = mkdtempSync(join(tmpdir(), 'traineragent-host-'));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Record<string, string>;
  };
  const modules = join(folder, 'node_modules');
  // A copy, because a link would find what lies beside its target.
  mkdirSync(join(modules, 'traineragent'), { recursive: true });
  for (const name of ['dist', 'package.json']) {
    cpSync(join(root, name), join(modules, 'traineragent', name), { recursive: true });
  }
  for (const name of [...Object.keys(manifest.dependencies), ...extra]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(folderOf(name), join(modules, name));
  }
  return {
    folder,
    program(text) {
      const path = join(folder, 'program.mjs');
      writeFileSync(path, text);
      return path;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function folderOf(name: string): string {
  // Not through `exports`, which need not have package.json.
  const bases = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = bases.map((base) => join(base, name)).find((folder) => isPackage(folder));
  if (found === undefined) throw new Error(`Expected ${name} to be installed.`);
  return found;
}

function isPackage(folder: string): boolean {
  try {
    readFileSync(join(folder, 'package.json'));
    return true;
  } catch {
    return false; // not here: the next
  }
}
