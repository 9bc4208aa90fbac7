/** What the network says of the drawing. */
import { useEffect, useState } from 'preact/hooks';
import type { Example, Reading, Tile } from '../protocol.js';
import { StrokesIcon, TileView } from './canvas.js';

/** So many classes are all shown, in their order; of more, the most probable ones. */
const mostRows = 12;

/** A reader of the screen is told when the reading has not changed for so long. */
const quietMs = 700;

interface ReadingProps {
  readonly reading: Reading | null;
  /** Of the network that is asked, where there is no reading yet. */
  readonly classNames: readonly string[];
  /** What stands in place of a reading. */
  readonly otherwise: string;
  readonly examples: readonly Example[];
}

export function ReadingView({ reading, classNames, otherwise, examples }: ReadingProps) {
  const best = reading === null ? null : bestOf(reading);
  const text = reading === null ? otherwise : answerOf(reading);
  const example = examples.find(({ name }) => best !== null && name === reading?.classNames[best]);
  const spoken = useSettled(text);
  return (
    <div>
      <p class="answer" id="answer" aria-hidden="true">
        {example !== undefined && <StrokesIcon strokes={example.strokes} />}
        <span>{text}</span>
      </p>
      <p class="visually-hidden" id="spoken" role="status" aria-live="polite">
        {spoken}
      </p>
      <Bars
        best={best}
        classNames={reading?.classNames ?? classNames}
        probabilities={reading?.probabilities ?? classNames.map(() => 0)}
      />
      <Seen reading={reading} />
    </div>
  );
}

/** The class with the largest probability; the first of equals. */
function bestOf({ probabilities }: Reading): number {
  return probabilities.reduce((best, each, i) => (each > probabilities[best]! ? i : best), 0);
}

function answerOf(reading: Reading): string {
  const best = bestOf(reading);
  const share = reading.probabilities[best]!;
  return `${share < 0.5 ? 'Not sure. Perhaps' : 'This is'} ${reading.classNames[best]!}: ${percent(share)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.995 || share < 0.0005 ? 0 : 1)} %`;
}

/** The text once it has stood still for a while. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(text);
    }, quietMs);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return settled;
}

interface BarsProps {
  readonly best: number | null;
  readonly classNames: readonly string[];
  readonly probabilities: readonly number[];
}

function Bars({ best, classNames, probabilities }: BarsProps) {
  const all = classNames.map((name, i) => ({ name, share: probabilities[i]!, i }));
  const shown = all.length <= mostRows ? all : all.toSorted((a, b) => b.share - a.share).slice(0, mostRows);
  return (
    <ol
      class="bars"
      id="bars"
      aria-label="Probability of each class"
      data-state={best === null ? 'empty' : 'read'}
    >
      {shown.map(({ name, share, i }) => (
        <li key={i} class={i === best ? 'most' : ''}>
          <span class="name">{name}</span>
          <progress max={1} value={share} aria-hidden="true" />
          <span class="figure">{best === null ? '' : percent(share)}</span>
        </li>
      ))}
    </ol>
  );
}

const blank: Tile = { rows: 28, columns: 28, pixels: new Uint8Array(28 * 28) };

function Seen({ reading }: { readonly reading: Reading | null }) {
  const seen = reading?.seen ?? blank;
  const doubts = reading?.doubts ?? [];
  const size = `${seen.rows} by ${seen.columns}`;
  return (
    <div class="seen">
      <TileView tile={seen} id="seen" label={`The ${size} image that the network sees`} />
      <p class="small">
        What the network sees: your drawing fitted into {size} pixels, as its training images are. Where and
        how large you draw does not matter.
        {doubts.length > 0 && <span class="quiet"> Unlike its training images: {doubts.join('; ')}.</span>}
      </p>
    </div>
  );
}
