import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel } from '../../src/onnx/decode.ts';
import type { Constant } from '../../src/onnx/graph-builder.ts';
import type { OnnxModel, OnnxTensor } from '../../src/onnx/model.ts';
import { constantOf } from '../../src/onnx/read-tensor.ts';

/** Where Debian's package is unpacked; ignored by git. */
const folder = 'bench/.data/onnx-testdata';
const root = join(folder, 'usr/share/libonnx-testdata/data');

/** One of ONNX's own cases: a model, what goes in and what comes out. */
export interface OnnxCase {
  readonly name: string;
  readonly model: OnnxModel;
  readonly inputs: readonly (OnnxTensor | undefined)[];
  readonly outputs: readonly (OnnxTensor | undefined)[];
}

/** A tensor file (`TensorProto`), read as the only initializer of a model. */
function readTensor(path: string): OnnxTensor | undefined {
  const bytes = readFileSync(path);
  const wrap = (tag: number, content: Uint8Array): Buffer => {
    const length: number[] = [];
    for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
      length.push(rest < 128 ? rest : (rest % 128) | 128);
      if (rest < 128) break;
    }
    return Buffer.concat([Buffer.of(tag, ...length), content]);
  };
  try {
    return decodeModel(wrap(0x3a, wrap(0x2a, bytes))).graph.initializers[0];
  } catch {
    return undefined; // a sequence or an optional: nothing that graphs of ours take
  }
}

/** The cases of Debian's package `libonnx-testdata` (6 MB, Apache-2.0/MIT, ONNX 1.12), fetched once. */
export function readOnnxCases(set: string): readonly OnnxCase[] {
  if (!existsSync(root)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('apt-get', ['download', 'libonnx-testdata'], { cwd: folder, stdio: 'ignore' });
    const file = readdirSync(folder).find((name) => name.endsWith('.deb'))!;
    execFileSync('dpkg', ['-x', file, '.'], { cwd: folder });
  }
  return readdirSync(join(root, set))
    .sort()
    .flatMap((name) => {
      const at = join(root, set, name);
      const data = join(at, 'test_data_set_0');
      if (!existsSync(join(at, 'model.onnx')) || !existsSync(data)) return [];
      const model = decodeModel(readFileSync(join(at, 'model.onnx')));
      const list = (kind: string) =>
        readdirSync(data)
          .filter((file) => file.startsWith(`${kind}_`))
          .sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)))
          .map((file) => readTensor(join(data, file)));
      return [{ name, model, inputs: list('input'), outputs: list('output') }];
    });
}

/** Plain numbers of a tensor; undefined for strings and types that graphs of ours do not have. */
export function numbersOf(tensor: OnnxTensor | undefined): { constant: Constant; numbers: number[] } | undefined {
  const constant = tensor === undefined ? undefined : constantOf(tensor);
  if (constant === undefined || constant.type === 'string') return undefined;
  return { constant, numbers: Array.from(constant.data, Number) };
}
