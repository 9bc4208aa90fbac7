import type { TextStream } from '../cli/output.js';

/** A stream that keeps what is written. */
export interface Capture extends TextStream {
  text(): string;
  /** The text as whole lines. */
  lines(): string[];
  /** The lines as JSON. */
  records(): Record<string, unknown>[];
}

/** @param terminal columns of a terminal; a pipe if left out */
export function capture(terminal?: number): Capture {
  let written = '';
  const lines = (): string[] => written.split('\n').slice(0, -1);
  return {
    ...(terminal !== undefined && { isTTY: true, columns: terminal }),
    write: (text: string) => {
      written += text;
      return true;
    },
    text: () => written,
    lines,
    records: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
