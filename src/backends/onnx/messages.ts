import type { ErrorCode } from '../../core/errors.ts';
import type { TensorInfo, Tensors } from '../backend.ts';

/** What the host sends to a child that predicts. Typed arrays cross as binary (structured clone), never as JSON. */
export type ToChild =
  | { readonly type: 'load'; readonly model: Uint8Array; readonly threads: number }
  | { readonly type: 'predict'; readonly inputs: Tensors };

/** What the child answers; each message has one answer. */
export type FromChild =
  | { readonly type: 'loaded'; readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] }
  | { readonly type: 'predicted'; readonly outputs: Tensors }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };
