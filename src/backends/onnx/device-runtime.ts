import type { InferenceSession } from 'onnxruntime-node';
import { TrainerError } from '../../core/errors.ts';
import type { Runtime } from './runtime.ts';

/** Where ONNX Runtime can compute, by what its execution providers are called. */
export const deviceNames = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;

/** Where ONNX Runtime computes. */
export type DeviceName = (typeof deviceNames)[number];

type Session = Pick<InferenceSession, 'run' | 'release' | 'inputMetadata' | 'outputMetadata'>;
type Outputs = InferenceSession.ReturnType;

const made = new WeakMap<Runtime, Map<DeviceName, Runtime>>();

/**
 * A runtime whose sessions compute on a device. The installed library has to list it, and each graph has to pass a self-test: its first
 * run is made on the CPU too, and both have to agree.
 *
 * @throws {TrainerError} REQUEST_INVALID for another name; MODEL_UNSUPPORTED where the library does not list it
 */
export function runtimeOn(runtime: Runtime, device: DeviceName): Runtime {
  if (!deviceNames.includes(device)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the device to be one of ${deviceNames.join(', ')}, got ${JSON.stringify(device)}.`,
    );
  }
  if (device === 'cpu') return runtime;
  const { about, listed = [] } = runtime;
  if (!listed.includes(device)) {
    const name = `${about.name}${about.version === undefined ? '' : ` ${about.version}`}`;
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `Expected the installed ${name} to list the device ${device} on ${process.platform}-${process.arch}, but it lists ${listed.join(', ') || 'none'}. ${remedies[device]} Or leave the option "device" out: the CPU is always there.`,
      { details: { device, listed } },
    );
  }
  const known = made.get(runtime) ?? new Map<DeviceName, Runtime>();
  made.set(runtime, known);
  let own = known.get(device);
  if (own === undefined) {
    const create = async (model: Uint8Array, options: InferenceSession.SessionOptions) =>
      openProven(runtime, device, model, options);
    own = { ...runtime, provider: device, InferenceSession: { create } as unknown as Runtime['InferenceSession'] };
    known.set(device, own);
  }
  return own;
}

const remedies: Readonly<Record<Exclude<DeviceName, 'cpu'>, string>> = {
  cuda: 'It is for Linux and Windows on x64: npm i onnxruntime-node, with its install script, fetches what it needs.',
  webgpu: 'It is listed from onnxruntime-node 1.24 on.',
  coreml: 'It is for macOS.',
  dml: 'It is for Windows.',
};

async function openProven(
  runtime: Runtime,
  device: DeviceName,
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<Session> {
  let session: Session;
  try {
    session = await runtime.InferenceSession.create(model, { ...options, executionProviders: [device] });
  } catch (cause) {
    throw unfit(device, `it refuses the graph: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  // Loaded when it is first run, and let go then.
  let proof: Promise<void> | undefined;
  const prove = async (feeds: InferenceSession.FeedsType, outputs: Outputs): Promise<void> => {
    const plain = await runtime.InferenceSession.create(model, { ...options, executionProviders: [runtime.provider] });
    try {
      const wrong = differing(await plain.run(feeds, { logSeverityLevel: 4 }), outputs);
      if (wrong !== undefined) throw unfit(device, wrong);
    } finally {
      await plain.release();
    }
  };
  return {
    inputMetadata: session.inputMetadata,
    outputMetadata: session.outputMetadata,
    release: () => session.release(),
    async run(feeds: InferenceSession.FeedsType, ...rest: readonly unknown[]) {
      const outputs = await session.run(feeds, ...(rest as [InferenceSession.RunOptions])).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw proof === undefined ? unfit(device, `it fails in the graph: ${why}`, cause) : cause;
      });
      proof ??= prove(feeds, outputs);
      await proof;
      return outputs;
    },
  } as Session;
}

function unfit(device: DeviceName, why: string, cause?: unknown): TrainerError {
  return new TrainerError(
    'MODEL_UNSUPPORTED',
    `Expected the device ${device} to compute this graph as the CPU does, but ${why}. Leave the option "device" out to use the CPU.`,
    { cause, details: { device } },
  );
}

/** How far a value may be off, as a share of the greatest of its tensor: devices multiply in fewer bits. */
const tolerance = 0.01;
/** The share of values that may be further off: Adam's first steps turn a gradient of rounding errors into a whole step. */
const mostOff = 0.02;

/** What differs between the CPU's outputs and a device's; undefined where they agree. */
function differing(expected: Outputs, got: Outputs): string | undefined {
  for (const [name, { data, dims }] of Object.entries(expected)) {
    const own = got[name];
    if (own === undefined || `${own.dims}` !== `${dims}`) return `"${name}" has another shape there`;
    const [a, b] = [data as ArrayLike<unknown>, own.data as ArrayLike<unknown>];
    if (!(data instanceof Float32Array || data instanceof Float64Array)) {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return `"${name}" has other values there`;
      continue;
    }
    const most = (a as Float32Array).reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    let off = 0;
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i] as number, b[i] as number];
      if (!(Object.is(x, y) || Math.abs(x - y) <= tolerance * most)) off++;
    }
    if (off > mostOff * a.length) return `${off} of the ${a.length} values of "${name}" differ by more than 1 %`;
  }
  return undefined;
}
