import { attributeTypes, dataTypes, type OnnxValue } from '../../../onnx/model.ts';
import { foldConstants } from '../../../onnx/passes/fold-constants.ts';
import { removeDeadCode } from '../../../onnx/passes/remove-dead-code.ts';
import { type EmitPass, emitGraph } from '../autodiff/emit.ts';
import { encodeGraph } from '../autodiff/encode-graph.ts';
import { moveRows } from '../autodiff/move-rows.ts';
import { spreadLate } from '../autodiff/spread-late.ts';
import type { Value } from '../autodiff/value.ts';
import { fuseBlocks } from '../layout/fuse-blocks.ts';
import type { StepGraph } from './step-graph.ts';

const declare = (name: string, { type }: Value, shape: readonly (number | string)[]): OnnxValue => ({
  name,
  kind: 'tensor',
  dataType: dataTypes[type],
  shape,
});

/** The name that the state before the first and after the last step has, by that of one step. */
export const outerName = (value: Value): string => value.input!.replace(/^step:/, '');

/** The name of the state after the last step, by that of the state before the first. */
export const afterName = (name: string): string => `${name}:after`;

/** The output of the losses. */
export const lossesName = 'losses:';

/** The output of a metric. */
export const metricName = (metric: string): string => `metric:${metric}`;

/**
 * Many steps as one model: a `Scan` whose body is one step. The state is carried from step to step inside the native
 * call; row numbers, controls and random integers come as one slice a step; the data and the state that no step changes stay outside. What constants
 * alone make is worked out, but for what would be much larger than they are.
 *
 * @param passes what else changes the nodes, for the runtime at hand.
 *
 * Inputs: the data, the state as it is carried, `index`, controls and random integers with the steps as first axis.
 * Outputs: the state, and one loss and one of each metric a step.
 */
export function encodeScan(step: StepGraph, passes: readonly EmitPass[] = []): Uint8Array {
  const sliced = [step.index, ...step.controls, ...step.randoms.map(({ value }) => value)];
  const measured = step.metrics.map(({ metric, value }) => [`step:metric:${metric}`, value] as const);
  const metrics = step.metrics.map(({ metric }) => metricName(metric));
  const before = step.carried.map((tensor) => tensor.before);
  const after = step.carried.map((tensor) => tensor.after);
  const written = emitGraph(step.graph, {
    name: 'step',
    inputs: [...before, ...sliced],
    outputs: [...after.map((value, i) => [`next:${i}`, value] as const), ['step:loss', step.loss], ...measured],
    prefix: 'step:_',
    passes: [spreadLate, fuseBlocks, moveRows, ...passes],
  });
  const body = removeDeadCode(foldConstants(written));
  const names = before.map(outerName);
  return encodeGraph({
    name: 'training',
    nodes: [
      {
        name: 'steps',
        operator: 'Scan',
        domain: '',
        inputs: [...names, ...sliced.map(outerName)],
        outputs: [...names.map(afterName), lossesName, ...metrics],
        attributes: [
          { name: 'body', hasTypes: false, type: attributeTypes.graph, graph: body },
          { name: 'num_scan_inputs', hasTypes: false, type: attributeTypes.int, int: BigInt(sliced.length) },
        ],
      },
    ],
    initializers: [],
    sparseInitializers: [],
    inputs: [
      ...step.data.map((value) => declare(value.input!, value, ['rows', ...value.shape.slice(1)])),
      ...step.fixed.map(({ value }) => declare(value.input!, value, value.shape)),
      ...before.map((value) => declare(outerName(value), value, value.shape)),
      ...sliced.map((value) => declare(outerName(value), value, ['steps', ...value.shape])),
    ],
    outputs: [
      ...before.map((value, i) => declare(afterName(names[i]!), value, value.shape)),
      declare(lossesName, step.loss, ['steps']),
      ...metrics.map((name) => declare(name, step.loss, ['steps'])),
    ],
    values: [],
  });
}
