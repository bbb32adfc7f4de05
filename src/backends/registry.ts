import { TrainerError } from '../core/errors.ts';
import { type BackendNeed, lackingOf } from '../core/helpers/backend-need.ts';
import type { Backend, BackendCapabilities, BackendRegistry } from './backend.ts';
import { checkBackend } from './check-backend.ts';

/** A backend that is made when it is first looked at. */
export interface BackendSource {
  readonly name: string;
  /** Where they are known beforehand: what does not fit is not made. */
  readonly capabilities?: BackendCapabilities;
  /** @throws {TrainerError} where it can not be had */
  make(): Promise<Backend>;
}

/**
 * Picks backends by what they can do.
 *
 * @param backends - themselves, or what makes them, in the order in which they are preferred
 * @throws {TrainerError} PLUGIN_INVALID for what is no backend
 * @example
 * const backend = await backendRegistry([tfjsBackend({ tf }), onnxBackend()]).pick({ train: true, device: 'webgl' });
 */
export function backendRegistry(backends: readonly (Backend | BackendSource)[]): BackendRegistry {
  const sources = backends.map((given): BackendSource => {
    if (typeof given === 'object' && given !== null && 'make' in given) {
      let made: Promise<Backend> | undefined;
      const make = (): Promise<Backend> => {
        made ??= given.make();
        made.catch(() => {
          made = undefined; // a worker that was not there may be there later
        });
        return made;
      };
      return { ...given, make };
    }
    const backend = checkBackend(given, 'each backend');
    return { name: backend.name, capabilities: backend.capabilities, make: async () => backend };
  });
  return {
    at: (place) => sources[place]!.make(),
    async pick(need) {
      const lacks: string[] = [];
      for (const { name, capabilities, make } of sources) {
        const lacking = capabilities === undefined ? [] : lackingOf(capabilities, need);
        if (lacking.length > 0) {
          lacks.push(`"${name}" ${lacking.join(' and ')}`);
          continue;
        }
        const backend = await make();
        const found = lackingOf(backend.capabilities, need);
        if (found.length === 0) return backend;
        lacks.push(`"${backend.name}" ${found.join(' and ')}`);
      }
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `Expected a backend that ${wordsOf(need)}, got ${lacks.length === 0 ? 'none' : `none that does: ${lacks.join('; ')}`}. ${remedyFor(need)}`,
        { details: { need: { ...need } as never } },
      );
    },
  };
}

/** ONNX Runtime on the CPU, which is there where nobody asked for anything else. */
export const usualBackend: BackendSource = {
  name: 'onnx',
  make: async () => (await import('./onnx/onnx-backend.ts')).onnxBackend(),
};

/** ONNX Runtime as a browser has it. */
export const webBackend = async (): Promise<Backend> => (await import('./onnx/onnx-web-backend.ts')).onnxWebBackend();

function wordsOf({ train, predict, dtypes = [], device, deterministic }: BackendNeed): string {
  const words = [
    ...(train === true ? ['trains'] : []),
    ...(predict === true ? ['predicts'] : []),
    ...(dtypes.length > 0 ? [`takes tensors of ${dtypes.join(', ')}`] : []),
    ...(device === undefined ? [] : [`works on ${device}`]),
    ...(deterministic === true ? ['gives the same bits each time'] : []),
  ];
  return words.length === 0 ? 'is there' : words.join(', ');
}

/** Where what is asked for can be had. */
function remedyFor({ device, dtypes = [], deterministic }: BackendNeed): string {
  if (device !== undefined && device !== 'cpu') {
    const page = device === 'webgl' || device === 'webgpu' ? ' or `tfjsBackend({ tf })` in a browser that has it,' : '';
    return `Take \`onnxBackend({ device: '${device}' })\` where the installed onnxruntime-node lists it,${page} or \`remoteBackend\` with a worker on a machine that has it.`;
  }
  if (dtypes.length > 0 || deterministic === true || device === 'cpu')
    return 'Take `onnxBackend()` of traineragent/engine, which has that: npm i onnxruntime-node --ignore-scripts';
  return 'Give one: `onnxBackend()` of traineragent/engine, `tfjsBackend({ tf })` of traineragent/tfjs, or `await remoteBackend({ url })` of traineragent/remote.';
}
