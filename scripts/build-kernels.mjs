/**
 * Builds the WebAssembly kernels of the boosted trees from AssemblyScript:
 * `src/tools/learn/trees/assembly/*.ts` plus the unrolled histogram kernels that this script writes (`histograms`), into
 * `src/tools/learn/trees/kernels-wasm.ts` (base64 with the SHA-256 of source and bytes).
 *
 * `node scripts/build-kernels.mjs` writes the file; `--check` only compares it with what the source gives.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../src/tools/learn/trees/assembly/', import.meta.url);
const target = new URL('../src/tools/learn/trees/kernels-wasm.ts', import.meta.url);
const widest = 8;
const histogramBytes = 4096;

/** How a kernel walks over the rows and gets the (gradient, hessian) pair of each. */
const walks = {
  // All rows in order: pairs are read in order too.
  All: `const at = bins; bins += <usize>stride;
    const pair = v128.load(pairs + (i << 2));`,
  // Listed rows: pairs are gathered, and kept in order for the next block of features.
  Gather: `const row = <usize>load<u32>(rows + i); const at = bins + row * <usize>stride;
    const pair = v128.load(pairs + (row << 4)); v128.store(ordered + (i << 2), pair);`,
  // Listed rows whose pairs a Gather has put in order.
  Ordered: `const at = bins + <usize>load<u32>(rows + i) * <usize>stride;
    const pair = v128.load(ordered + (i << 2));`,
};

/** Adds the pair to the bin of feature `f` of a block; the byte of the feature times 16 is the offset of its bin. */
function addToBin(f) {
  const word = f < 4 ? 'low' : 'high';
  const shift = 8 * (f % 4) - 4;
  const offset = shift < 0 ? `(${word} << ${-shift})` : `(${word} >>> ${shift})`;
  const place = f * histogramBytes;
  return `    bin = histogram + <usize>(${offset} & 4080);
    v128.store(bin, f64x2.add(v128.load(bin, ${place}), pair), ${place});`;
}

/** One kernel a block width (1 … 8 features) and walk. */
export function histogramSource() {
  const parts = ['// Written by scripts/build-kernels.mjs.'];
  for (let width = 1; width <= widest; width++) {
    for (const [walk, body] of Object.entries(walks)) {
      const features = Array.from({ length: width }, (_, f) => addToBin(f));
      parts.push(`export function histogram${walk}${width}(
  bins: usize, stride: i32, rows: usize, count: i32, pairs: usize, ordered: usize, histogram: usize,
): void {
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    ${body}
    const low = load<u32>(at);${width > 4 ? '\n    const high = load<u32>(at, 4);' : ''}
    let bin: usize;
${features.join('\n')}
  }
}`);
    }
  }
  return `${parts.join('\n\n')}\n`;
}

/** Every source file by name, the written one included. */
export function readSources() {
  const sources = { 'histograms.ts': histogramSource() };
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.ts')) sources[name] = readFileSync(new URL(name, folder), 'utf8');
  }
  return sources;
}

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** SHA-256 over the names and texts of the sources, in the order of names. */
export function hashSources(sources) {
  const names = Object.keys(sources).sort();
  return sha256(names.map((name) => `${name}\n${sources[name]}`).join('\n'));
}

/** Compiles the sources and returns the bytes of the module. */
export async function compileKernels(sources = readSources()) {
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  const options =
    'index.ts --outFile kernels.wasm -O3 --noAssert --runtime stub --importMemory --sharedMemory --initialMemory 2 ' +
    '--maximumMemory 65536 --enable simd --enable threads';
  const { error, stderr } = await asc.main(options.split(' '), {
    readFile: (name) => sources[name] ?? null,
    writeFile: (name, data) => {
      if (name === 'kernels.wasm') bytes = data;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return bytes;
}

/** The text of `kernels-wasm.ts`. */
export async function renderModule() {
  const sources = readSources();
  const bytes = await compileKernels(sources);
  const base64 = Buffer.from(bytes).toString('base64');
  return `// Written by scripts/build-kernels.mjs (npm run build:kernels) from assembly/*.ts; not edited by hand.

/** SHA-256 of the AssemblyScript sources. */
export const kernelsSourceSha256 = '${hashSources(sources)}';

/** SHA-256 of the compiled bytes. */
export const kernelsSha256 = '${sha256(bytes)}';

/** The compiled module, ${bytes.length} bytes. */
// biome-ignore format: one line
export const kernelsBase64 = '${base64}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await renderModule();
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error('kernels-wasm.ts differs from what its source gives; run: npm run build:kernels');
      process.exitCode = 1;
    }
  } else {
    writeFileSync(target, text);
  }
}
