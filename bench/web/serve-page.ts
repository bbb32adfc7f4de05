import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
};

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

const folderOf = (module: string): string => dirname(createRequire(import.meta.url).resolve(module));

/** A page on this machine. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
}

/** What is served. */
export interface PageOptions {
  /** A TypeScript module, bundled for browsers. */
  readonly script: string;
  /** The page around it. @default an empty one */
  readonly html?: string;
  /** Whether the page may share memory between threads (COOP and COEP). @default false */
  readonly isolated?: boolean;
}

/** Bundles a module for browsers and serves it with the WebAssembly of ONNX Runtime and TensorFlow.js, on a free port. */
export async function servePage({ script, html, isolated = false }: PageOptions): Promise<ServedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'traineragent-page-'));
  await build({
    entryPoints: { script },
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    alias: {
      'traineragent/engine-web': source('backends/engine-web.ts'),
      'traineragent/tfjs': source('backends/tfjs/index.ts'),
    },
  });
  const places: Readonly<Record<string, string>> = {
    '/onnxruntime/': folderOf('onnxruntime-web/wasm'),
    '/tfjs-wasm/': folderOf('@tensorflow/tfjs-backend-wasm'),
    '/': folder,
  };
  const text =
    html ?? '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="script.js"></script>';
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname);
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    response.setHeader('content-type', types[extname(path)] ?? 'text/html');
    if (path === '/') return void response.end(text);
    const [prefix, place] = Object.entries(places).find(([start]) => path.startsWith(start))!;
    try {
      response.end(await readFile(join(place, path.slice(prefix.length))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
