import type { BackendRuntime } from '../../backends/backend.ts';
import type { ActionContext } from './action.ts';

/** A library that computes in place of a faster one. */
export type SubstituteRuntime = BackendRuntime & { readonly insteadOf: string };

/**
 * The library that computes here where it stands in for a faster one that is missing, which is said as progress too; undefined
 * where the first choice is there.
 *
 * @throws {TrainerError} PEER_MISSING
 */
export async function substituteRuntime(context: ActionContext): Promise<SubstituteRuntime | undefined> {
  const runtime = await (await context.backend()).runtime?.();
  if (runtime?.insteadOf === undefined) return undefined;
  const { name, version, insteadOf } = runtime;
  context.progress(undefined, `${insteadOf} is missing here: ${name} computes in its place, more slowly`);
  return { name, ...(version === undefined ? {} : { version }), insteadOf };
}
