import type { Json } from '../core/helpers/canonical-json.ts';
import type { CallOptions, StageContext } from '../core/stage.ts';
import type { ActionName, InputOf, OutputOf } from '../tools/actions/actions.ts';

/** Calls an action of ours with its types; it runs in the child process unless the options say otherwise. */
export function callAction<Name extends ActionName>(
  context: StageContext,
  name: Name,
  input: InputOf<Name>,
  options?: CallOptions,
): Promise<OutputOf<Name>> {
  return context.call<OutputOf<Name>>(name, input as unknown as Json, options);
}
