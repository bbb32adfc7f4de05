import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../../src/backends/backend.ts';
import { relu } from '../../../src/backends/network/layers/activation.ts';
import { dense } from '../../../src/backends/network/layers/dense.ts';
import { dropout } from '../../../src/backends/network/layers/dropout.ts';
import { network } from '../../../src/backends/network/network.ts';
import {
  readShard,
  type ShardIndex,
  shardedBatches,
  stepsOverShards,
  writeShards,
} from '../../../src/backends/network/shards.ts';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { blobFolder } from '../../../src/core/helpers/blob-folder.ts';
import type { Blobs } from '../../../src/core/helpers/blobs.ts';
import { createRandom } from '../../../src/core/helpers/random.ts';

const rows = 230;
const random = createRandom('shards');
const x = Float32Array.from({ length: rows * 3 }, () => random.normal());
const data: TrainingData = {
  inputs: { x: { dtype: 'float32', shape: [rows, 3], data: x } },
  targets: {
    y: {
      dtype: 'int64',
      shape: [rows],
      data: BigInt64Array.from({ length: rows }, (_, i) => (x[3 * i]! > 0 ? 1n : 0n)),
    },
  },
};
const spec = network({
  inputs: { x: { dtype: 'float32', shape: [3] } },
  layers: [dense(8), relu(), dropout(0.2), dense(2)],
});
const compile = () =>
  onnxBackend().compile(spec, {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'adam', learningRate: 0.01 },
    seed: 1,
    threads: 1,
  });

let folder = '';
let blobs: Blobs;
let index: ShardIndex;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shards-'));
  blobs = blobFolder(folder);
  index = await writeShards(data, blobs, { rowsPerShard: 50 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const partOf = (start: number, end: number): TrainingData => ({
  inputs: { x: { dtype: 'float32', shape: [end - start, 3], data: x.slice(3 * start, 3 * end) } },
  targets: { y: { ...data.targets.y!, shape: [end - start], data: data.targets.y!.data.slice(start, end) } as never },
});

describe('shards', () => {
  it('hold all rows, each in a blob under its hash', async () => {
    expect(index.shards.map((shard) => shard.rows)).toEqual([50, 50, 50, 50, 30]);
    expect(readdirSync(folder).sort()).toEqual(index.shards.map(({ hash }) => hash).sort());
    expect(await readShard(index, 4, blobs)).toEqual(partOf(200, 230));
    expect(JSON.parse(JSON.stringify(index))).toEqual(index);
  });

  it('are the same blobs where the data come part by part', async () => {
    async function* parts() {
      yield partOf(0, 100);
      yield partOf(100, 230);
    }
    expect(await writeShards(parts(), blobs, { rowsPerShard: 50 })).toEqual(index);
  });

  it('give the losses and weights of the same batches on the data as a whole, bit for bit', async () => {
    await using sharded = await compile();
    await using whole = await compile();
    const [ours, theirs]: number[][] = [[], []];
    for (let epoch = 0; epoch < 3; epoch++) {
      const parts = shardedBatches(index, { batch: 20, epoch, seed: 7 });
      ours!.push(...(await stepsOverShards(sharded, index, blobs, parts)));
      const batches = parts.flatMap((part) => part.batches.map((batch) => batch.map((row) => row + 50 * part.shard)));
      theirs!.push(...(await whole.steps(data, batches)));
    }
    expect(ours).toHaveLength(3 * (4 * 3 + 2));
    expect(ours).toEqual(theirs);
    expect(await sharded.snapshot()).toEqual(await whole.snapshot());
  });

  it('are read one ahead, and no further', async () => {
    await using trained = await compile();
    let [held, most] = [0, 0];
    const counting = {
      get: async (hash: string) => {
        most = Math.max(most, ++held);
        return blobs.get(hash);
      },
    };
    await stepsOverShards(trained, index, counting, shardedBatches(index, { batch: 25, epoch: 0 }), {
      onSteps: (step) => {
        // Two steps a shard: when the second is made, the shard is done with.
        if (step % 2 === 0) held--;
      },
    });
    expect(most).toBeLessThanOrEqual(3);
  });

  it('shuffle every row into one batch of an epoch, other ones in the next', () => {
    const rowsOf = (epoch: number) =>
      shardedBatches(index, { batch: 16, epoch }).flatMap(({ shard, batches }) =>
        batches.flatMap((batch) => Array.from(batch, (row) => 50 * shard + row)),
      );
    expect(rowsOf(0)).toEqual(rowsOf(0));
    expect(rowsOf(0)).not.toEqual(rowsOf(1));
    expect([...rowsOf(1)].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
  });
});

describe('bad shards', () => {
  it('with a value that is no number are named, with its row', async () => {
    const values = x.slice();
    values[3 * 137] = Number.NaN;
    const spoilt = { ...data, inputs: { x: { dtype: 'float32', shape: [rows, 3], data: values } } } as const;
    const made = await writeShards(spoilt, blobs, { rowsPerShard: 50 });
    await using trained = await compile();
    const parts = [0, 2].map((shard) => ({ shard, batches: [Int32Array.of(1, 2, 3)] }));
    await expect(stepsOverShards(trained, made, blobs, parts)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/^In shard 2, row 137 of all: .*NaN or infinity in row 37/),
      details: { shard: 2, row: 37 },
    });
    expect(trained.step).toBe(1);
  });

  it('stop at a signal, the steps before it kept', async () => {
    await using trained = await compile();
    const controller = new AbortController();
    const parts = shardedBatches(index, { batch: 10, epoch: 0 });
    const onSteps = () => controller.abort();
    await expect(
      stepsOverShards(trained, index, blobs, parts, { signal: controller.signal, onSteps }),
    ).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(trained.step).toBe(parts[0]!.batches.length);
  });

  it('that were altered or are missing end the training with an error, the steps before them kept', async () => {
    const own = mkdtempSync(join(folder, 'bad-'));
    const store = blobFolder(own);
    const made = await writeShards(data, store, { rowsPerShard: 100 });
    const path = join(own, made.shards[1]!.hash);
    writeFileSync(path, readFileSync(path).fill(1, 300, 310));
    await using trained = await compile();
    const parts = [0, 1].map((shard) => ({ shard, batches: [Int32Array.of(1, 2, 3)] }));
    await expect(stepsOverShards(trained, made, store, parts)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(trained.step).toBe(1);
    rmSync(path);
    await expect(readShard(made, 1, store)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it.each([
    ['a shard that is not there', () => readShard(index, 5, blobs), 'REQUEST_INVALID'],
    ['a newer format', () => readShard({ ...index, formatVersion: 2 as 1 }, 0, blobs), 'FORMAT_VERSION'],
    ['batches of no rows', async () => shardedBatches(index, { batch: 0, epoch: 0 }), 'REQUEST_INVALID'],
    ['no index', async () => shardedBatches(undefined as never, { batch: 1, epoch: 0 }), 'FORMAT_VERSION'],
    ['no rows a shard', () => writeShards(data, blobs, { rowsPerShard: 0 }), 'REQUEST_INVALID'],
    ['no data', () => writeShards((async function* () {})(), blobs, { rowsPerShard: 5 }), 'REQUEST_INVALID'],
    [
      'unequal rows',
      () => writeShards({ ...data, targets: partOf(0, 9).targets }, blobs, { rowsPerShard: 5 }),
      'REQUEST_INVALID',
    ],
    [
      'strings',
      () =>
        writeShards({ inputs: { s: { dtype: 'string', shape: [1], data: ['a'] } }, targets: {} }, blobs, {
          rowsPerShard: 5,
        }),
      'REQUEST_INVALID',
    ],
  ] as const)('%s is refused', async (_, work, code) => {
    await expect(work()).rejects.toMatchObject({ code });
  });
});
