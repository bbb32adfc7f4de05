/** What a client may ask of the service. */
export interface ServeLimits {
  /** Of a JSON body; each packet after the first counts as 512 at least, and each byte that frames chunks as 256. @default 1_000_000 */
  readonly bodyBytes: number;
  /** In one JSON body. @default 1_000 */
  readonly records: number;
  /** Characters of a text. @default 10_000 */
  readonly textLength: number;
  /** Nesting of brackets in JSON. @default 8 */
  readonly jsonDepth: number;
  /** Of all headers of a request together; of our own server alone. @default 16_384 */
  readonly headerBytes: number;
  /** Until the headers are here; of our own server alone. @default 10_000 */
  readonly headersMs: number;
  /** Until a JSON body is here, and between two parts of a streamed one. @default 30_000 */
  readonly bodyMs: number;
  /** Requests under way at once. @default 1_024 */
  readonly concurrent: number;
  /** Streams of CSV or NDJSON at once. @default 4 */
  readonly streams: number;
  /** Of one line of a stream. @default 65_536 */
  readonly lineBytes: number;
}

/** The limits unless the host sets others. */
export const defaultServeLimits: ServeLimits = {
  bodyBytes: 1_000_000,
  records: 1000,
  textLength: 10_000,
  jsonDepth: 8,
  headerBytes: 16_384,
  headersMs: 10_000,
  bodyMs: 30_000,
  concurrent: 1024,
  streams: 4,
  lineBytes: 65_536,
};
