/** Characters of one's own: a few drawings of each are enough to train on. */
import { useEffect, useReducer, useState } from 'preact/hooks';
import { draw, emptyDrawing, type Stroke } from '../logic/drawing.js';
import {
  changeOwn,
  faultOfOwn,
  leastClasses,
  loadOwn,
  mostClasses,
  saveOwn,
  type OwnAction,
  type OwnDrawings,
} from '../logic/own.js';
import type { OwnClass } from '../protocol.js';
import { pictureOf, StrokesIcon } from './canvas.js';
import { Pad, PadButtons } from './pad.js';

interface OwnSectionProps {
  /** Why nothing can be done with them now; null: something can. */
  readonly reason: string | null;
  readonly use: (classes: readonly OwnClass[]) => void;
}

export function OwnSection({ reason, use }: OwnSectionProps) {
  const [own, act] = useReducer(changeOwn, null, () => loadOwn(storage()));
  const [chosen, choose] = useState(0);
  useEffect(() => {
    saveOwn(storage(), own);
  }, [own]);
  const index = Math.min(chosen, own.classes.length - 1);
  const fault = faultOfOwn(own) ?? reason;
  return (
    <section aria-labelledby="own-title">
      <h2 id="own-title">Your own characters</h2>
      <p>
        Name 3 to 10 characters, draw a few examples of each (five or more help), then train on them. They
        stay in this browser.
      </p>
      <div class="columns">
        <ExamplePad
          name={own.classes[index]!.name}
          add={(strokes) => {
            act({ kind: 'add', index, strokes });
          }}
        />
        <div>
          <Classes own={own} chosen={index} act={act} choose={choose} />
          <button
            type="button"
            class="primary"
            id="own-train"
            disabled={fault !== null}
            aria-describedby="own-reason"
            onClick={() => {
              use(picturesOf(own));
            }}
          >
            Train on these
          </button>
          <p id="own-reason" class="small quiet">
            {fault ?? ''}
          </p>
        </div>
      </div>
    </section>
  );
}

/** @param add takes a drawing for the class of that name */
function ExamplePad({
  name,
  add,
}: {
  readonly name: string;
  readonly add: (strokes: readonly Stroke[]) => void;
}) {
  const [drawing, act] = useReducer(draw, emptyDrawing);
  const isEmpty = drawing.strokes.length === 0;
  return (
    <div>
      <div class="pad-box">
        <Pad id="own-pad" label={`Drawing area for ${name}`} drawing={drawing} act={act} />
        {isEmpty && drawing.cursor === null && (
          <p class="pad-hint" aria-hidden="true">
            Draw “{name}” here
          </p>
        )}
      </div>
      <div class="row">
        <button
          type="button"
          class="primary"
          id="own-add"
          disabled={isEmpty}
          title={isEmpty ? 'Nothing is drawn yet' : undefined}
          onClick={() => {
            add(drawing.strokes);
            act({ kind: 'clear' });
          }}
        >
          Add to “{name}”
        </button>
        <PadButtons prefix="own-" isEmpty={isEmpty} act={act} />
      </div>
    </div>
  );
}

interface ClassesProps {
  readonly own: OwnDrawings;
  /** The index of the class that is drawn for. */
  readonly chosen: number;
  readonly act: (action: OwnAction) => void;
  readonly choose: (index: number) => void;
}

function Classes({ own: { classes }, chosen, act, choose }: ClassesProps) {
  const isFull = classes.length >= mostClasses;
  return (
    <>
      <ul class="classes" id="own-classes">
        {classes.map((one, index) => (
          <ClassRow
            key={index}
            index={index}
            one={one}
            isChosen={index === chosen}
            isLeast={classes.length <= leastClasses}
            act={act}
            choose={choose}
          />
        ))}
      </ul>
      <p>
        <button
          type="button"
          id="own-class-add"
          disabled={isFull}
          title={isFull ? 'Ten classes are the most' : undefined}
          onClick={() => {
            choose(classes.length);
            act({ kind: 'add-class' });
          }}
        >
          One more class
        </button>
      </p>
    </>
  );
}

function picturesOf({ classes }: OwnDrawings): OwnClass[] {
  return classes.map(({ name, drawings }) => ({ name: name.trim(), pictures: drawings.map(pictureOf) }));
}

/** Null where the browser keeps nothing for the page. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

interface ClassRowProps {
  readonly index: number;
  readonly one: OwnDrawings['classes'][number];
  readonly isChosen: boolean;
  /** Whether there are as few classes as there may be. */
  readonly isLeast: boolean;
  readonly act: (action: OwnAction) => void;
  readonly choose: (index: number) => void;
}

/** The newest drawings that are shown. */
const mostThumbs = 8;

function ClassRow({ index, one: { name, drawings }, isChosen, isLeast, act, choose }: ClassRowProps) {
  return (
    <li>
      <label>
        <input
          type="radio"
          name="own-class"
          checked={isChosen}
          onChange={() => {
            choose(index);
          }}
        />
        <span class="visually-hidden">Draw for class {index + 1}</span>
      </label>
      <input
        type="text"
        aria-label={`Name of class ${index + 1}`}
        maxLength={40}
        value={name}
        onInput={(event) => {
          act({ kind: 'rename', index, name: event.currentTarget.value });
        }}
      />
      <span class="small quiet">{drawings.length} drawn</span>
      <span class="thumbs">
        {drawings.slice(-mostThumbs).map((strokes, i) => (
          <StrokesIcon key={i} strokes={strokes} />
        ))}
      </span>
      <button
        type="button"
        disabled={drawings.length === 0}
        aria-label={`Take the last drawing of ${name} back`}
        onClick={() => {
          act({ kind: 'take-back', index });
        }}
      >
        Take back
      </button>
      <button
        type="button"
        disabled={isLeast}
        aria-label={`Remove class ${name}`}
        title={isLeast ? 'Three classes are the least' : undefined}
        onClick={() => {
          act({ kind: 'remove-class', index });
        }}
      >
        Remove
      </button>
    </li>
  );
}
