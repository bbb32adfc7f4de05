/**
 * Steps after which an optimiser's memories are brought back to scale, counted from the first. No native call goes on
 * beyond such a step, so that the bits are the same whatever the lengths of calls.
 *
 * Memories that no gradient reaches any more (a dead unit, a row of an embedding that no batch has) fade into denormal
 * numbers, on which arithmetic takes a hundred times as long. Here they become zero before that: 0.9 to the 256th is
 * 2e-12. To add a tiny number to each gradient would be a pass over the weights in each step; to flush denormals by the
 * runtime's setting would be free, but the first session of a process decides it for the calling thread, and
 * JavaScript's numbers would be flushed as well.
 */
export const period = 256;

/** Averages of gradients below this become zero: a step of Adam's by one is below 1e-12 of its rate. */
const leastMoment = 1e-20;

/** Averages of squares below this become zero. */
const leastSquare = 1e-36;

/** Zero in place of averages of gradients that fade away. */
export function renewMoments(moments: Float32Array): void {
  for (let i = 0; i < moments.length; i++) if (Math.abs(moments[i]!) < leastMoment) moments[i] = 0;
}

/** Averages of gradients, and of their squares, back from a scale; zero in place of what fades away. */
export function renewAdam(moments: Float32Array, squares: Float32Array, scale: number): void {
  const squared = scale * scale;
  for (let i = 0; i < squares.length; i++) {
    const square = squares[i]! / squared;
    const moment = moments[i]! / scale;
    // Without its square a moment would be divided by ε alone.
    const isFaded = square < leastSquare;
    squares[i] = isFaded ? 0 : square;
    moments[i] = isFaded || Math.abs(moment) < leastMoment ? 0 : moment;
  }
}
