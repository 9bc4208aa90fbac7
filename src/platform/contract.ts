/**
 * What the project needs of the place that it runs in: `node.ts` gives it in Node, `browser.ts` in a page and
 * in its workers. Which of the two `#platform` leads to is a condition in package.json's `imports`; no other
 * room may know where it runs.
 */
import type { FileStorage } from './file-storage.js';

/** Awaits a promise of WebGPU's. */
export type Wait = <T>(promise: Promise<T>) => Promise<T>;

/** Which adapter WebGPU is asked for. */
export interface WebgpuOptions {
  /** Part of the adapter's name, as Dawn's `adapter=` takes it; any adapter if left out. */
  readonly adapter?: string;
  /** Further Dawn instance options, such as `enable-dawn-features=...` (used by tests). */
  readonly instanceOptions?: readonly string[];
}

/** How a deflate stream is unpacked. */
export interface InflateOptions {
  /** What of the content is allowed; little more is ever allocated. */
  readonly maxBytes: number;
  /** Accepts a stream that is cut off, and returns what it holds so far. */
  readonly startOnly?: boolean;
  /** Joins pieces of their own size, for content that may be small where much is allowed. */
  readonly inPieces?: boolean;
}

/** What was unpacked, and how many bytes of the input belong to the stream. */
export interface Inflated {
  readonly content: Uint8Array;
  readonly consumed: number;
}

export interface InflateFailure {
  readonly failure: 'too-large' | 'cut-off' | 'damaged';
  readonly cause?: unknown;
}

/** Unpacks a deflate stream (RFC 1951), which other bytes may follow. */
export type Inflate = (bytes: Uint8Array, options: InflateOptions) => Inflated | InflateFailure;

/** How large a picture may be, and how large it stays. */
export interface PictureLimits {
  /** In all, and on a side. */
  readonly pixels: number;
  readonly side: number;
  /** A picture with a longer side is made smaller. */
  readonly shrinkTo: number;
}

/** A picture turned upright: 4 bytes per pixel (red, green, blue, alpha) in sRGB, row by row from the top. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/**
 * Decodes a picture file: its first page or frame.
 * @returns or the size of one that is too large; rejects with what the decoder says
 */
export type DecodePicture = (
  bytes: Uint8Array,
  limits: PictureLimits,
) => Promise<DecodedPicture | { readonly tooLarge: string }>;

/** `webgpu` is WebGPU's implementation, `node` what runs the JavaScript. */
export type Versions = Readonly<Record<'wgsl-train' | 'webgpu' | 'node', string>>;

/** Remedies, as in an EngineError: a command line has options, a page has none. */
export interface Advice {
  readonly outOfMemory: string;
  readonly deviceLost: string;
  /** The adapter gave no device. */
  readonly noDevice: string;
  /** The adapter computes wrongly. */
  readonly wrongResults: string;
  /** The same work gives another result each time. */
  readonly unsteady: string;
}

export interface Platform {
  /**
   * WebGPU's entry point. It stays referenced for the life of the process.
   * @throws EngineError `no-adapter` where WebGPU cannot be loaded; or what its implementation throws on
   *   these options
   */
  readonly webgpu: (options: WebgpuOptions) => Promise<GPU>;
  /** What a message about a missing adapter says of this machine, and what its owner can do. */
  readonly withoutAdapter: () => { readonly found: string; readonly remedy: string };
  /**
   * How to await WebGPU's promises on an adapter without slowing it down. @param software whether it computes
   * on the CPU
   */
  readonly createWait: (software: boolean) => Wait;
  /**
   * What tells one adapter and its driver from another here, beside their names: texts by name, for the
   * record of what bits depend on. @param software whether the adapter computes on the CPU
   */
  readonly fingerprint: (
    adapter: Pick<GPUAdapter, 'features' | 'limits'>,
    software: boolean,
  ) => Readonly<Record<string, string>>;
  /**
   * How a command of this project is called here.
   * @param words the command's name, or `''` for the bin itself, and what follows it
   */
  readonly commandLine: (words: readonly string[]) => string;
  /** The versions that a result depends on, by name. */
  readonly versions: () => Versions;
  /** What people can do here about errors that any place can have. */
  readonly advice: Advice;
  /**
   * Files in a directory, or in a folder of the browser's.
   * @throws EngineError `not-written` if it cannot be opened, `usage` if another page has it
   */
  readonly storage: (path: string) => Promise<FileStorage>;
  /** One turn of the event loop: timers, signals and input are served. */
  readonly turn: () => Promise<void>;
  /** What relative URLs start from; undefined where there is nothing. */
  readonly location: () => string | undefined;
  /** Milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /**
   * A text file that the package ships. @param path from its root, such as `shaders/relu_forward.wgsl`
   * @throws EngineError `bug` where it cannot be read
   */
  readonly packageText: (path: string) => string;
  /**
   * Lower-case hexadecimal sha256 of all parts, one after the other: texts as UTF-8, arrays as they lie in
   * memory.
   */
  readonly sha256: (...parts: readonly (string | Uint8Array | Float32Array)[]) => string;
  readonly inflate: Inflate;
  /** The CRC-32 of gzip, zip and PNG, as an unsigned number. */
  readonly crc32: (bytes: Uint8Array) => number;
  readonly decodePicture: DecodePicture;
  /** The kinds of pictures that it decodes: `PNG`, ... */
  readonly pictureKinds: readonly string[];
}
