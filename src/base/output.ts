/** Where what is told goes: src/cli prints it, tests collect it. */

export interface Output {
  /** Text for people that --quiet leaves out, as whole lines. */
  info(text: string): void;
  /** Text for people that --quiet keeps. */
  result(text: string): void;
  /** Always on stderr. */
  error(text: string): void;
  /** One JSON object on a line of stdout; nothing without --json. */
  event(record: Readonly<Record<string, unknown>>): void;
  /**
   * Rewrites the live line in place; nothing where `isLive` is false.
   * @param text cut where it is too long; or a function that makes the text for so many columns
   */
  live(text: string | ((columns: number) => string)): void;
  /** Removes the live line. */
  clear(): void;
  /** The text in bold where people read it on a terminal with colours. */
  readonly bold: (text: string) => string;
  /** Whether people read on a terminal where a line can be rewritten, and want progress. */
  readonly isLive: boolean;
}
