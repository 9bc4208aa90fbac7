/** Reported while a file arrives, at most a few times per second, and once when it is complete. */
export interface DownloadProgress {
  readonly file: string;
  /** Bytes of the file that are here, and that it will have. */
  readonly received: number;
  readonly total: number;
  /** The host that it comes from. */
  readonly host: string;
}
