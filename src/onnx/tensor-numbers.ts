import { fromFloat16 } from './float16.ts';
import { dataTypes, type OnnxTensor } from './model.ts';

/** Numbers of a tensor, from its raw bytes or the list of its type: float, float16, double, int32, int64, int8 and uint8; empty for others. */
export function tensorNumbers(tensor: OnnxTensor | undefined): ArrayLike<number> {
  if (tensor === undefined) return [];
  const { raw, dataType } = tensor;
  if (raw === undefined)
    return tensor.floats ?? tensor.doubles ?? tensor.int32s ?? Array.from(tensor.int64s ?? [], Number);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = (bytes: number, at: (offset: number) => number): Float64Array =>
    Float64Array.from({ length: Math.floor(raw.length / bytes) }, (_, i) => at(i * bytes));
  switch (dataType) {
    case dataTypes.uint8:
    case dataTypes.bool:
      return raw;
    case dataTypes.int8:
      return read(1, (offset) => view.getInt8(offset));
    case dataTypes.float16:
      return read(2, (offset) => fromFloat16(view.getUint16(offset, true)));
    case dataTypes.float:
      return read(4, (offset) => view.getFloat32(offset, true));
    case dataTypes.double:
      return read(8, (offset) => view.getFloat64(offset, true));
    case dataTypes.int32:
      return read(4, (offset) => view.getInt32(offset, true));
    case dataTypes.int64:
      return read(8, (offset) => Number(view.getBigInt64(offset, true)));
    default:
      return [];
  }
}
