import type { CapabilityFacts } from '../core/backend-facts.ts';
import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import type { ModuleOrigin } from '../core/workbench.ts';
import type { BackendCapabilities } from './backend.ts';
import { checkBackend } from './check-backend.ts';
import type { BackendSource } from './registry.ts';

/** A backend that a module makes: its default export is one, or a function that gives one. */
export function backendOfModule({
  module: specifier,
  options,
  capabilities,
}: ModuleOrigin & { readonly capabilities?: CapabilityFacts }): BackendSource {
  return {
    name: specifier,
    ...(capabilities === undefined ? {} : { capabilities: capabilities as BackendCapabilities }),
    async make() {
      let made: unknown;
      try {
        const { default: own } = (await import(specifier)) as { readonly default?: unknown };
        made = typeof own === 'function' ? await (own as (options: unknown) => unknown)(options) : own;
      } catch (cause) {
        if (TrainerError.isInstance(cause)) throw cause;
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected a module whose default export is a backend or makes one, but it could not be loaded: ${errorText(cause)}`,
          { cause },
        );
      }
      return checkBackend(made, "the default export of each module of the trainer's `backends`");
    },
  };
}
