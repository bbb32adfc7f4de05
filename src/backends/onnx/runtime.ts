import type * as Ort from 'onnxruntime-node';
import { TrainerError } from '../../core/errors.ts';

/** ONNX Runtime's module. */
export type Runtime = typeof Ort;

let loading: Promise<Runtime> | undefined;

/**
 * Loads `onnxruntime-node` when it is first needed; it is an optional dependency.
 *
 * @throws {TrainerError} PEER_MISSING
 */
export function loadRuntime(importer: () => Promise<unknown> = importQuietly): Promise<Runtime> {
  loading ??= importer().then(
    (module) => ((module as { default?: Runtime }).default ?? module) as Runtime,
    (cause) => {
      loading = undefined;
      throw new TrainerError(
        'PEER_MISSING',
        'This needs the package onnxruntime-node, which is not installed or has no library for ' +
          `${process.platform}-${process.arch}. Install it with: npm i onnxruntime-node --ignore-scripts`,
        { cause, details: { package: 'onnxruntime-node' } },
      );
    },
  );
  return loading;
}

/**
 * From 1.30 on the library reports its use to Microsoft and keeps an id of the device in the user's cache folder, unless
 * this is in the environment when it is loaded. A host that wants the reports sets it to 0.
 */
function importQuietly(): Promise<unknown> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  return import('onnxruntime-node');
}
