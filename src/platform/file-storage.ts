/** Files by name, in a place that outlives the program: a place of one's own needs these two functions. */
export interface FileStorage {
  /** @param name such as `network-seed0/last.safetensors` @returns null: there is no file of this name */
  readonly read: (name: string) => Promise<Uint8Array | null>;
  /**
   * All or nothing: whoever reads the file later, after whatever end of the program, finds the old content or
   * the new. An error ends the training.
   */
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>;
}
