/**
 * Bundles `src/tools/convert/portable/` into one script without imports, as a text that exported models carry:
 * `src/tools/convert/portable-source.ts`.
 *
 * `node scripts/build-portable.mjs` writes the file; `--check` only compares it with what the source gives.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = new URL('../src/tools/convert/portable/portable-predictor.ts', import.meta.url);
const target = new URL('../src/tools/convert/portable-source.ts', import.meta.url);

/** The text of the generated file. */
export async function portableSource() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    globalName: 'portable',
    platform: 'neutral',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
  });
  const text = outputFiles[0].text.trim();
  return `// Written by scripts/build-portable.mjs (npm run build:portable) from portable/*.ts; not edited by hand.

/** The script of portable models, ${text.length} bytes: defines \`portable\` with \`createPortable\` and \`createCodec\`. */
// biome-ignore format: one line
export const portableSource = ${JSON.stringify(text)};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await portableSource();
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error('src/tools/convert/portable-source.ts is not what its source gives: npm run build:portable');
      process.exitCode = 1;
    }
  } else writeFileSync(target, text);
}
