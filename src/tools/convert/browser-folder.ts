import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { exampleRecords } from '../serve/example-records.ts';
import { scriptJson } from './module-text.ts';
import { portableSource } from './portable-source.ts';

/** Files of onnxruntime-web that a folder for the browser needs: the loader and its WebAssembly. */
export const browserRuntimeFiles = [
  'ort.wasm.bundle.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
] as const;

/**
 * A folder that predicts in a browser, with nothing sent anywhere: the model, a module that calls it, a page with a form. The
 * runtime's own files ({@link browserRuntimeFiles}) belong beside them.
 *
 * @returns the content of each file by its name
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE
 */
export function browserFolder(bytes: Uint8Array): Readonly<Record<string, Uint8Array | string>> {
  const signature = readSignature(checkModel(bytes));
  return {
    'model.onnx': bytes,
    'model.js': `${portableSource}
import * as ort from './ort.wasm.bundle.min.mjs';
ort.env.wasm.wasmPaths = new URL('./', import.meta.url).href;
ort.env.wasm.numThreads = 1;
/** What the model takes and gives. */
export const signature = ${scriptJson(signature)};
/** Made-up records. */
export const examples = ${scriptJson(exampleRecords(signature))};
const codec = portable.createCodec(signature);
let session;
/** Predicts an array of records, by column name; what is left out is missing. Nothing leaves the browser. */
export async function predict(records) {
  session ??= fetch(new URL('./model.onnx', import.meta.url))
    .then((response) => response.arrayBuffer())
    .then((file) => ort.InferenceSession.create(new Uint8Array(file)));
  const tensors = codec.encode(Array.isArray(records) ? records : [records]);
  const feeds = Object.fromEntries(Object.entries(tensors).map(([name, { dtype, data, shape }]) => [name, new ort.Tensor(dtype, data, shape)]));
  const outputs = await (await session).run(feeds);
  return codec.decode(Object.fromEntries(Object.entries(outputs).map(([name, { type, data, dims }]) => [name, { dtype: type, data, shape: dims }])));
}
`,
    'page.js': page,
    'index.html': html,
    'README.md': readme,
  };
}

const page = `import { examples, predict, signature } from './model.js';
const form = document.getElementById('form');
const answer = document.getElementById('answer');
document.title = document.getElementById('title').textContent = 'Predict ' + signature.target;
for (const { name, kind } of signature.inputs) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  input.name = name;
  const example = (examples[0] || {})[name];
  input.value = Object.hasOwn(examples[0] || {}, name) ? String(example) : '';
  input.dataset.kind = kind;
  label.append(name, input);
  form.append(label);
}
const button = document.createElement('button');
button.textContent = 'Predict';
form.append(button);
const valueOf = ({ value, dataset: { kind } }) => {
  const text = value.trim();
  if (kind === 'number' && Number.isFinite(Number(text))) return Number(text);
  return kind === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : value;
};
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const entries = [...form.querySelectorAll('input')].flatMap((input) => (input.value.trim() === '' ? [] : [[input.name, valueOf(input)]]));
  try {
    const [result] = await predict([Object.fromEntries(entries)]);
    answer.textContent = JSON.stringify(result, null, 2);
  } catch (error) {
    answer.textContent = error.message;
  }
});
`;

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'sha256-031zHBgVBV2RaAxhmHV4l11Wwitfw3eoq82Oz6LZDdc='">
<title>Predict</title>
<style>:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:46rem;margin:2rem auto;padding:0 1rem}form{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.75rem}label{display:flex;flex-direction:column}input,button{font:inherit;padding:.4rem}</style>
<h1 id="title">Predict</h1>
<form id="form"></form>
<pre id="answer" aria-live="polite"></pre>
<script type="module" src="page.js"></script>
</html>
`;

const readme = `# A model in the browser

Serve this folder with any web server that sends \`.mjs\` as JavaScript and \`.wasm\` as \`application/wasm\`, and open \`index.html\`.
Your own page imports \`predict\` from \`model.js\`. Nothing is sent anywhere.

The runtime's files are from the package \`onnxruntime-web\` (its folder \`dist\`): ${browserRuntimeFiles.join(', ')}.
If they are not here, copy them beside \`model.js\`.
`;
