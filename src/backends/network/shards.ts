import { TrainerError } from '../../core/errors.ts';
import type { Blobs } from '../../core/helpers/blobs.ts';
import { decodeArrays, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import { createRandom } from '../../core/helpers/random.ts';
import type { StepOptions, Tensor, Tensors, TrainableNetwork, TrainingData } from '../backend.ts';

/** One part of the rows of a training, as a blob of its own. */
export interface Shard {
  /** SHA-256 of the blob. */
  readonly hash: string;
  readonly rows: number;
}

/** Data that are larger than memory: plain JSON that names their parts. */
export interface ShardIndex {
  readonly formatVersion: 1;
  readonly rows: number;
  readonly shards: readonly Shard[];
}

/** Batches of one shard, by its own row numbers. */
export interface ShardBatches {
  /** Position in the index. */
  readonly shard: number;
  readonly batches: readonly Int32Array[];
}

const arrayTypes = { float32: Float32Array, int64: BigInt64Array } as const;

type ShardTensor = Extract<Tensor, { dtype: keyof typeof arrayTypes }>;

function invalid(message: string): TrainerError {
  return new TrainerError('REQUEST_INVALID', message);
}

/** The rows of a tensor; its bytes are shared. */
function rowsOf(tensor: Tensor, name: string, start: number, end: number): ShardTensor {
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'int64') {
    throw invalid(`Expected tensors of a shard to be float32 or int64, got ${tensor.dtype} for "${name}".`);
  }
  const [rows, ...shape] = tensor.shape;
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (rows === undefined || rows * size !== tensor.data.length) {
    throw invalid(`Expected [${tensor.shape.join(', ')}] for "${name}", got ${tensor.data.length} elements.`);
  }
  const data = tensor.data.subarray(start * size, end * size);
  return { dtype: tensor.dtype, shape: [end - start, ...shape], data } as ShardTensor;
}

/** The number of rows that all tensors of the data have. */
function rowCount({ inputs, targets }: TrainingData): number {
  const counts = [...Object.values(inputs), ...Object.values(targets)].map(({ shape }) => shape[0] ?? 0);
  const [first = 0] = counts;
  if (first < 1 || counts.some((count) => count !== first)) {
    throw invalid(`Expected tensors with one and the same number of rows above 0, got ${counts.join(', ') || 'none'}.`);
  }
  return first;
}

interface ShardHeader {
  readonly rows: number;
  readonly tensors: readonly {
    readonly side: 'inputs' | 'targets';
    readonly name: string;
    readonly dtype: ShardTensor['dtype'];
    readonly shape: readonly number[];
  }[];
}

function encodeShard(data: TrainingData, start: number, end: number): Uint8Array[] {
  const arrays: Record<string, Uint8Array> = {};
  const tensors = (['inputs', 'targets'] as const).flatMap((side) =>
    Object.keys(data[side])
      .sort()
      .map((name) => {
        const { dtype, shape, data: values } = rowsOf(data[side][name]!, name, start, end);
        arrays[`${side}/${name}`] = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        return { side, name, dtype, shape };
      }),
  );
  return encodeArrays({ rows: end - start, tensors } satisfies ShardHeader, arrays);
}

/**
 * Writes data as shards, each a columnar blob under its hash: equal rows are stored once.
 *
 * @param data all at once, or part by part, as they are read from where they do not fit into memory
 * @throws {TrainerError} REQUEST_INVALID, STORE_FAILED
 */
export async function writeShards(
  data: TrainingData | AsyncIterable<TrainingData>,
  blobs: Pick<Blobs, 'put'>,
  { rowsPerShard }: { readonly rowsPerShard: number },
): Promise<ShardIndex> {
  if (!Number.isSafeInteger(rowsPerShard) || rowsPerShard < 1) {
    throw invalid(`Expected rowsPerShard to be a whole number above 0, got ${rowsPerShard}.`);
  }
  const shards: Shard[] = [];
  const write = async (part: TrainingData): Promise<void> => {
    const rows = rowCount(part);
    for (let start = 0; start < rows; start += rowsPerShard) {
      const end = Math.min(rows, start + rowsPerShard);
      shards.push({ hash: await blobs.put(encodeShard(part, start, end)), rows: end - start });
    }
  };
  if (Symbol.asyncIterator in data) for await (const part of data) await write(part);
  else await write(data);
  if (shards.length === 0) throw invalid('Expected at least one row of data, got none.');
  return { formatVersion: 1, rows: shards.reduce((sum, { rows }) => sum + rows, 0), shards };
}

function checkIndex(index: ShardIndex): void {
  if (index?.formatVersion === 1) return;
  throw new TrainerError('FORMAT_VERSION', `Expected shards of formatVersion 1, got ${index?.formatVersion}.`);
}

/**
 * Reads one shard back.
 *
 * @throws {TrainerError} STORE_FAILED where it is missing or altered, FORMAT_VERSION
 */
export async function readShard(index: ShardIndex, shard: number, blobs: Pick<Blobs, 'get'>): Promise<TrainingData> {
  checkIndex(index);
  const known = index.shards[shard];
  if (known === undefined) throw invalid(`Expected a shard from 0 to ${index.shards.length - 1}, got ${shard}.`);
  const { json, arrays } = decodeArrays(await blobs.get(known.hash));
  const sides: Record<'inputs' | 'targets', Record<string, Tensor>> = { inputs: {}, targets: {} };
  for (const { side, name, dtype, shape } of (json as ShardHeader).tensors) {
    const bytes = arrays[`${side}/${name}`]!;
    const Type = arrayTypes[dtype];
    const data = new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
    sides[side][name] = { dtype, shape, data } as ShardTensor;
  }
  return sides as { readonly inputs: Tensors; readonly targets: Tensors };
}

/**
 * The batches of one epoch: shards in a shuffled order, the rows of each shuffled, what is left over of a shard in a smaller batch. A
 * function of seed and epoch alone.
 *
 * @throws {TrainerError} FORMAT_VERSION; REQUEST_INVALID where a batch is no whole number above 0
 */
export function shardedBatches(
  index: ShardIndex,
  options: { readonly batch: number; readonly epoch: number; readonly seed?: number | string },
): ShardBatches[] {
  const { batch, epoch, seed = 0 } = options;
  checkIndex(index);
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw invalid(`Expected batch to be a whole number above 0, got ${batch}.`);
  }
  const random = createRandom(`${seed}/shards/${epoch}`);
  const order = random.shuffle(Int32Array.from(index.shards, (_, shard) => shard));
  return Array.from(order, (shard) => {
    const { rows } = index.shards[shard]!;
    const shuffled = random.shuffle(Int32Array.from({ length: rows }, (_, row) => row));
    const count = Math.ceil(rows / batch);
    return {
      shard,
      batches: Array.from({ length: count }, (_, i) => shuffled.slice(i * batch, (i + 1) * batch)),
    };
  });
}

/** Says of data that are refused which shard they are in, and which row that is of them all where shards hold them in order. */
function inShard(index: ShardIndex, shard: number): (error: unknown) => never {
  return (error) => {
    if (!TrainerError.isInstance(error) || error.code !== 'REQUEST_INVALID') throw error;
    const { row } = error.details;
    const before = index.shards.slice(0, shard).reduce((sum, { rows }) => sum + rows, 0);
    const whole = typeof row === 'number' ? `, row ${before + row} of all` : '';
    const details = { ...error.details, shard };
    throw new TrainerError('REQUEST_INVALID', `In shard ${shard}${whole}: ${error.message}`, { cause: error, details });
  };
}

/**
 * Makes steps over data that are larger than memory: each shard is read while the one before it is trained on, so that two are held at
 * most. The losses are those of the same batches on the data as a whole, bit for bit.
 *
 * @returns one loss a step, shard after shard
 * @throws {TrainerError} as `steps`, and as {@link readShard}
 */
export async function stepsOverShards(
  network: TrainableNetwork,
  index: ShardIndex,
  blobs: Pick<Blobs, 'get'>,
  parts: readonly ShardBatches[],
  options: StepOptions = {},
): Promise<Float32Array> {
  const losses = new Float32Array(parts.reduce((sum, { batches }) => sum + batches.length, 0));
  const read = (part: ShardBatches | undefined) => {
    const reading = part === undefined ? undefined : readShard(index, part.shard, blobs);
    // Whoever waits for it has the error; where nobody comes to wait, it is none.
    reading?.catch(() => {});
    return reading;
  };
  let next = read(parts[0]);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const { batches } = part;
    const data = await next!;
    next = read(parts[i + 1]);
    losses.set(await network.steps(data, batches, options).catch(inShard(index, part.shard)), at);
    at += batches.length;
  }
  return losses;
}
