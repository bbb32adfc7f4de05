import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Where Debian's package is unpacked; ignored by git. */
const folder = 'bench/.data/fashion-mnist';
export const fashionFiles = `${folder}/usr/share/datasets/fashion-mnist`;

/** Images [rows, 28, 28, 1] from 0 to 1, and their classes. */
export interface Images {
  readonly rows: number;
  readonly pixels: Float32Array;
  readonly labels: BigInt64Array;
}

/** Fetches the package `dataset-fashion-mnist` (30 MB) by Debian's client, once. @throws {Error} where there is none. */
export function fetchFashion(): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).includes('usr')) return;
  execFileSync('apt-get', ['download', 'dataset-fashion-mnist'], { cwd: folder, stdio: 'ignore' });
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'))!;
  execFileSync('dpkg', ['-x', file, '.'], { cwd: folder });
}

/** One half of Fashion-MNIST (Xiao et al., 2017): files of a header of 16 or 8 bytes, then a byte a value. */
export function readFashion(half: 'train' | 't10k'): Images {
  const read = (name: string) => gunzipSync(readFileSync(`${fashionFiles}/${half}-${name}-ubyte.gz`));
  const pixels = Float32Array.from(read('images-idx3').subarray(16), (value) => value / 255);
  const labels = BigInt64Array.from(read('labels-idx1').subarray(8), BigInt);
  return { rows: labels.length, pixels, labels };
}
