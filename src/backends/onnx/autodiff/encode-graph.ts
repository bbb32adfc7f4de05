import { type EncodeOptions, encodeModel } from '../../../onnx/encode.ts';
import type { OnnxGraph } from '../../../onnx/model.ts';
import { writtenVersions } from '../../../onnx/written-parts.ts';

/** The runtime's own domain of blocked images: graphs have it that run here and now, no file that is kept. */
const domains = { ...writtenVersions.domains, 'com.microsoft.nchwc': 1 };

function domainsOf(graph: OnnxGraph): string[] {
  return graph.nodes.flatMap((node) => [
    node.domain,
    ...node.attributes.flatMap((attribute) => (attribute.graph === undefined ? [] : domainsOf(attribute.graph))),
  ]);
}

/** The bytes of a model of one graph, with those operator sets that it uses. */
export function encodeGraph(
  graph: OnnxGraph,
  metadata: readonly (readonly [string, string])[] = [],
  options: EncodeOptions = {},
): Uint8Array {
  const used = new Set(['', ...domainsOf(graph)]);
  const model = {
    irVersion: writtenVersions.ir,
    producerName: 'traineragent',
    producerVersion: '',
    opsets: Object.entries(domains)
      .filter(([domain]) => used.has(domain))
      .map(([domain, version]) => ({ domain, version })),
    graph,
    metadata,
    functionCount: 0,
    trainingCount: 0,
  };
  return encodeModel(model, options);
}
