import type { Kernels } from './kernel.ts';
import { elementwiseKernels } from './kernels/elementwise.ts';
import { productKernels } from './kernels/products.ts';
import { shapingKernels } from './kernels/shaping.ts';
import { windowKernels } from './kernels/windows.ts';

/** The operators of ONNX that graphs may have, on core operations of TensorFlow.js. `Scan` is the runner's own. */
export const kernels: Kernels = { ...elementwiseKernels, ...productKernels, ...shapingKernels, ...windowKernels };
