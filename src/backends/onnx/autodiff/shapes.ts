import { unfit } from './operator.ts';

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/** The shape that shapes broadcast to (ONNX and NumPy's rule). @throws {TrainerError} MODEL_INVALID */
export function broadcast(operator: string, ...shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (sizes.some((size) => size !== sizes[0])) {
      throw unfit(operator, `shapes ${shapes.map((shape) => `[${shape}]`).join(' and ')} do not broadcast`);
    }
    return sizes[0] ?? 1;
  });
}

/** An axis counted from the front. @throws {TrainerError} MODEL_INVALID */
export function frontAxis(operator: string, axis: number, rank: number): number {
  const front = axis < 0 ? axis + rank : axis;
  if (front < 0 || front >= rank) throw unfit(operator, `axis ${axis} is none of ${rank}`);
  return front;
}

/** A shape with some axes removed, or kept with size 1. */
export function reducedShape(shape: readonly number[], axes: ReadonlySet<number>, keeps: boolean): readonly number[] {
  return keeps ? shape.map((size, axis) => (axes.has(axis) ? 1 : size)) : shape.filter((_, axis) => !axes.has(axis));
}
