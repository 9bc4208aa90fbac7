/** What a network says of a picture. */
export interface Answer {
  readonly file: string;
  readonly class: string;
  readonly index: number;
  readonly probability: number;
  /** By the name of the class. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** How the picture was converted. */
  readonly how: string;
  /** In what its image is unlike the training images. */
  readonly doubts: readonly string[];
}

/** A table with a line per picture (RFC 4180): file, class, probability, doubts, and one column per class. */
export function csvOf(answers: readonly Answer[], classNames: readonly string[]): string {
  const heading = ['file', 'class', 'probability', 'doubts', ...classNames];
  const rows = answers.map(({ file, probability, probabilities, doubts, class: best }) => [
    file,
    best,
    probability,
    doubts.join('; '),
    ...classNames.map((name) => probabilities[name]!),
  ]);
  return [heading, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
