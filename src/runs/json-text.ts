/** JSON for files that people open too: indented, but a list of numbers stays on one line. */
export function jsonText(value: unknown): string {
  // Only line breaks outside strings are matched: inside a string they are escaped.
  const number = String.raw`(?:-?\d[\d.eE+-]*|null)`;
  const list = new RegExp(String.raw`\[\n\s+(${number}(?:,\n\s+${number})*)\n\s+\]`, 'g');
  const oneLine = (_: string, numbers: string): string => `[${numbers.replace(/\n\s+/g, ' ')}]`;
  return `${JSON.stringify(value, null, 2).replace(list, oneLine)}\n`;
}
