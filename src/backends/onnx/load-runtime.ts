import type * as Ort from 'onnxruntime-node';
import { TrainerError } from '../../core/errors.ts';
import { moduleOf, type Runtime } from './runtime.ts';
import { loadWebRuntime } from './web-runtime.ts';

/** Ways to import the two builds of ONNX Runtime. */
export interface RuntimeImporters {
  readonly native: () => Promise<unknown>;
  readonly web: () => Promise<Runtime>;
}

let loading: Promise<Runtime> | undefined;

/**
 * Loads ONNX Runtime when it is first needed: `onnxruntime-node`, or where that is missing or has no library for this
 * machine, `onnxruntime-web`, which computes the same more slowly. Both packages are optional.
 *
 * @throws {TrainerError} PEER_MISSING where neither is there
 */
export function loadRuntime(
  importers: RuntimeImporters = { native: importQuietly, web: loadWebRuntime },
): Promise<Runtime> {
  loading ??= firstOf(importers).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function firstOf({ native, web }: RuntimeImporters): Promise<Runtime> {
  let why: unknown;
  try {
    const ort = moduleOf<typeof Ort>(await native());
    const version = (ort.env.versions as { readonly node?: string }).node;
    const about = { name: 'onnxruntime-node', ...(version === undefined ? {} : { version }) };
    const listed = ort.listSupportedBackends?.().map(({ name }) => name) ?? ['cpu'];
    return { InferenceSession: ort.InferenceSession, Tensor: ort.Tensor, about, provider: 'cpu', listed };
  } catch (cause) {
    why = cause;
  }
  try {
    const runtime = await web();
    return { ...runtime, about: { ...runtime.about, insteadOf: 'onnxruntime-node' } };
  } catch {
    // What is asked for is the native build; the other is only second to it.
    throw new TrainerError(
      'PEER_MISSING',
      'This needs the package onnxruntime-node, which is not installed or has no library for ' +
        `${process.platform}-${process.arch}. Install it with: npm i onnxruntime-node --ignore-scripts\n` +
        'Where it can not run, onnxruntime-web does the same more slowly: npm i onnxruntime-web --ignore-scripts',
      { cause: why, details: { package: 'onnxruntime-node' } },
    );
  }
}

/**
 * From 1.30 on the library reports its use to Microsoft and keeps an id of the device in the user's cache folder, unless
 * this is in the environment when it is loaded. A host that wants the reports sets it to 0.
 */
function importQuietly(): Promise<unknown> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  return import('onnxruntime-node');
}
