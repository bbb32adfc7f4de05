import { TrainerError } from '../core/errors.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { isRecord } from './is-record.ts';
import type { LanguageModel, ModelReply } from './language-model.ts';
import { type NetworkOptions, networkSettings, wireBytes } from './network-options.ts';
import { peerMissing } from './peer-missing.ts';
import { callProvider, type ProviderFailure, type ProviderTry } from './provider-call.ts';
import type { ReplyText } from './reply-text.ts';
import { type StrictSchema, strictSchema } from './strict-schema.ts';

/** Options that the models of all vendors have. */
export interface HostedOptions extends NetworkOptions {
  /** The name of the model, as the provider writes it. */
  readonly model: string;
  /**
   * @default the environment's `OPENAI_API_KEY` or `ANTHROPIC_API_KEY`; with `baseURL`, none: a key goes to no host that it
   * was not given for
   */
  readonly apiKey?: string;
  /** A server that speaks the same protocol. @default the vendor */
  readonly baseURL?: string;
  /** @default the model's own */
  readonly temperature?: number;
  /** Calls tools by the vendor's protocol; else by the form of its answers. @default true, with `baseURL` false */
  readonly toolCalls?: boolean;
}

/** What a vendor's client is made with. */
export interface ClientOptions {
  readonly apiKey: string;
  readonly maxRetries: 0;
  readonly timeout: number;
  readonly logLevel: 'off';
  readonly fetch: typeof fetch;
}

/** The classes of a vendor's package that say why a call failed. */
interface VendorErrors {
  readonly APIConnectionError: new (...args: never[]) => Error;
  readonly APIConnectionTimeoutError: new (...args: never[]) => Error;
}

/** What tells one vendor from another. */
export interface Vendor<Package extends VendorErrors, Client> {
  /** The function that makes the model, which also begins its name. */
  readonly id: string;
  readonly title: string;
  readonly keyVariable: string;
  readonly packageName: string;
  readonly structuredOutput: LanguageModel['capabilities']['structuredOutput'];
  /** Whether the strict form of schemas keeps bounds of numbers and lengths. */
  readonly keepsBounds: boolean;
  load(): Promise<Package>;
  open(vendor: Package, options: ClientOptions): Client;
  /** Makes one try, and reads the reply into `text`. */
  send(client: Client, attempt: ProviderTry, text: ReplyText): Promise<ModelReply>;
}

/**
 * A model behind a vendor's own client, whose package loads with the first call. Tries are counted here, and bytes and
 * time-outs are watched below the client's parser.
 *
 * @throws {TrainerError} REQUEST_INVALID where an option is out of range or there is no key; calls throw PEER_MISSING
 */
export function hostedModel<Package extends VendorErrors, Client>(
  vendor: Vendor<Package, Client>,
  options: HostedOptions,
): LanguageModel {
  const { model, baseURL } = options;
  const { id, title, keyVariable, packageName, structuredOutput } = vendor;
  if (typeof model !== 'string' || model === '')
    throw new TrainerError('REQUEST_INVALID', `Expected the name of a model, got ${String(model)}.`);
  if (baseURL !== undefined && !/^https?:\/\//.test(baseURL))
    throw new TrainerError('REQUEST_INVALID', 'Expected baseURL to begin with http:// or https://.');
  const apiKey = options.apiKey ?? (baseURL === undefined ? process.env[keyVariable] : undefined);
  if ((apiKey === undefined || apiKey === '') && baseURL === undefined)
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected a key for ${title}, got none. Set ${keyVariable}, or give apiKey.`,
    );
  const settings = networkSettings(`${id}()`, options);
  const name = `${id}:${model}`;

  let opened: Promise<{ readonly client: Client; readonly errors: VendorErrors }> | undefined;
  const open = () => {
    opened ??= vendor.load().then(
      (errors) => ({
        errors,
        client: vendor.open(errors, {
          apiKey: apiKey ?? 'none',
          maxRetries: 0, // tries are counted here
          timeout: settings.stream ? settings.timeoutMs : settings.totalTimeoutMs,
          logLevel: 'off', // its log would hold prompts
          fetch: guardedFetch(name, {
            idleTimeoutMs: settings.idleTimeoutMs,
            maxBytes: wireBytes(settings.maxReplyCharacters),
          }),
        }),
      }),
      (cause) => {
        opened = undefined;
        throw peerMissing(packageName, cause);
      },
    );
    return opened;
  };

  return {
    name,
    capabilities: { structuredOutput, tools: options.toolCalls ?? baseURL === undefined },
    async generate(request) {
      const { client, errors } = await open();
      const strict: StrictSchema | undefined =
        structuredOutput === 'none' ? undefined : strictSchema(request.schema, { keepBounds: vendor.keepsBounds });
      return callProvider(name, request, settings, {
        strict,
        send: (attempt, text) => vendor.send(client, attempt, text),
        explain: (error) => explain(error, errors),
      });
    },
  };
}

function explain(error: unknown, errors: VendorErrors): ProviderFailure {
  if (error instanceof errors.APIConnectionTimeoutError) return { kind: 'timeout' };
  const thrown = error as { status?: unknown; error?: unknown; headers?: Headers; message?: unknown };
  const { status, error: body, headers, message } = thrown;
  if (typeof status === 'number' || isRecord(body))
    return {
      kind: 'answer',
      ...(typeof status === 'number' ? { status } : {}),
      body,
      ...(headers === undefined ? {} : { headers }),
      ...(typeof message === 'string' ? { message } : {}),
    };
  // A connection that breaks while a body is read is an error of Node's own, with a cause.
  const isConnection =
    error instanceof errors.APIConnectionError ||
    (error instanceof Error && (error.cause !== undefined || error.message === 'terminated'));
  return { kind: isConnection ? 'connection' : 'unknown' };
}
