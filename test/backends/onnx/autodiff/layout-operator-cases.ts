import { view } from '../../../../src/backends/onnx/autodiff/blocks.ts';
import type { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Attributes, Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { probeBlock } from '../../../../src/backends/onnx/layout/probe-block.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';
import { sessionOpener } from '../../../../src/backends/onnx/train/session.ts';
import type { OperatorCase } from './operator-case.ts';

const ints = (...values: readonly number[]) => ({ ints: values });
const own = { _block: { int: (await probeBlock(sessionOpener(await loadRuntime()))) ?? 16 } };

/** An operator on blocks, between the ways into them and back. */
function onBlocks(operator: string, attributes: Attributes, filters?: number): OperatorCase {
  return {
    build(graph: Graph, [x, ...others]: readonly Value[]) {
      const blocks = graph.apply('BlockImages', [x!], own);
      const made = graph.apply(operator, [blocks, ...others], { ...attributes, ...own });
      if (operator === 'BlockedGlobalAverage') return made;
      return graph.apply('UnblockImages', [made], { ...own, _channels: { int: filters ?? x!.shape[1]! } });
    },
    types: ['float'],
  };
}

const call = (operator: string, attributes: Attributes): OperatorCase => ({
  build: (graph, inputs) => graph.apply(operator, inputs, attributes),
  types: ['float'],
});

const same = { pads: ints(1, 1, 1, 1) };
const last = { _last: { int: 1 } };

/** Cases of the operators that layouts choose, as in `operatorCases`. */
export const layoutOperatorCases: Readonly<Record<string, OperatorCase>> = {
  PatchConvolution: call('PatchConvolution', same),
  'PatchConvolution strided': call('PatchConvolution', { ...same, strides: ints(2, 1), dilations: ints(1, 2) }),
  'PatchConvolution pixel': call('PatchConvolution', {}),
  WinogradConvolution: call('WinogradConvolution', {}),
  ShiftedConvolution: call('ShiftedConvolution', same),
  'ShiftedConvolution strided': call('ShiftedConvolution', { ...same, strides: ints(2, 1), dilations: ints(1, 2) }),
  TileMaxPool: call('TileMaxPool', { kernel_shape: ints(2, 3), _tile: ints(4, 6, 2), _shape: ints(2, 2, 2, 2) }),
  'TileMaxPool ties': {
    ...call('TileMaxPool', { kernel_shape: ints(2, 2), _tile: ints(2, 4, 1), _shape: ints(1, 1, 2, 1) }),
    isCorner: true,
  },
  ChannelNormalization: { ...call('ChannelNormalization', { epsilon: { float: 1e-3 } }), types: ['float', 'double'] },
  BlockImages: {
    build: (graph, [x]) => {
      const blocks = graph.apply('BlockImages', [x!], { ...own, ...last });
      return graph.apply('UnblockImages', [graph.apply('Mul', [blocks, blocks])], { ...own, _channels: { int: 3 } });
    },
    types: ['float'],
  },
  UnblockImages: {
    build: (graph, [x]) => {
      const blocks = graph.apply('BlockImages', [x!], own);
      return graph.apply('UnblockImages', [blocks], { ...own, ...last, _channels: { int: 3 } });
    },
    types: ['float'],
  },
  BlockedConvolution: onBlocks('BlockedConvolution', same, 3),
  'BlockedConvolution strided': onBlocks('BlockedConvolution', { ...same, strides: ints(2, 2) }, 2),
  'BlockedConvolution apart': onBlocks('BlockedConvolution', { strides: ints(2, 1), dilations: ints(1, 2) }, 2),
  'BlockedConvolution pixel': onBlocks('BlockedConvolution', {}, 3),
  'BlockedConvolution few': {
    build(graph, [x, w]) {
      const made = graph.apply('BlockedConvolution', [x!, w!], { ...same, ...own, _plain: { int: 1 } });
      return graph.apply('UnblockImages', [made], { ...own, _channels: { int: 2 } });
    },
    types: ['float'],
  },
  BlockedDepthwise: onBlocks('BlockedDepthwise', same),
  'BlockedDepthwise strided': onBlocks('BlockedDepthwise', { ...same, strides: ints(2, 2) }),
  BlockedNormalization: onBlocks('BlockedNormalization', { epsilon: { float: 1e-3 } }),
  BlockedGlobalAverage: {
    build: (graph, [x]) => {
      const blocks = graph.apply('BlockImages', [x!], own);
      return view(graph, graph.apply('BlockedGlobalAverage', [blocks], { ...own, _channels: { int: 3 } }), [2, 3]);
    },
    types: ['float'],
  },
};
