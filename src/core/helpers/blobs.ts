/** Content-addressed bytes: what goes in comes out under its SHA-256. Lives in a folder, so that child processes share it. */
export interface Blobs {
  /** Stores bytes (written to a temporary name, synced, renamed) and returns their SHA-256. */
  put(parts: Uint8Array | readonly Uint8Array[]): Promise<string>;
  /** @throws {TrainerError} STORE_FAILED where it is missing, or where its bytes do not have this hash. */
  get(hash: string): Promise<Uint8Array>;
  has(hash: string): Promise<boolean>;
}
