/** The first thing a visitor sees: an area to draw on, and what the network says. */
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { problemOf, type Client } from '../client.js';
import { draw, emptyDrawing, type Drawing } from '../logic/drawing.js';
import { newest } from '../logic/newest.js';
import type { PageAction } from '../logic/page-state.js';
import type { Example, NetworkFacts, Reading } from '../protocol.js';
import { pictureOf, StrokesIcon } from './canvas.js';
import { Pad, PadButtons } from './pad.js';
import { ReadingView } from './reading.js';

interface DrawSectionProps {
  readonly client: Client;
  readonly networks: readonly NetworkFacts[];
  readonly network: string | null;
  readonly examples: readonly Example[];
  /** Changes when the chosen network does: the drawing is read again. */
  readonly stand: string;
  readonly act: (action: PageAction) => void;
}

export function DrawSection(props: DrawSectionProps) {
  const { networks, network, examples } = props;
  const [drawing, act] = useReducer(draw, emptyDrawing);
  const reading = useReading(props, drawing);
  const isEmpty = drawing.strokes.length === 0;
  const chosen = networks.find(({ id }) => id === network);
  const otherwise = network === null ? 'The network is being loaded...' : 'Draw, and it reads.';
  return (
    <section aria-label="Draw" class="draw">
      <div class="pad-area">
        <div class="pad-box">
          <Pad id="pad" label="Drawing area" drawing={drawing} act={act} />
          {isEmpty && drawing.cursor === null && (
            <p class="pad-hint" aria-hidden="true">
              Draw here with a finger, a pen or a mouse
            </p>
          )}
          <p id="pad-keys" class="pad-keys small">
            Arrow keys move the pen (with Shift in small steps), Space puts it down or lifts it, Backspace
            takes the last stroke back, Delete clears.
          </p>
        </div>
        <div class="row">
          <PadButtons prefix="" isEmpty={isEmpty} act={act} />
        </div>
      </div>
      <div class="reading-area">
        <ReadingView
          reading={isEmpty ? null : reading}
          classNames={chosen?.classNames ?? []}
          otherwise={otherwise}
          examples={examples}
        />
        <NetworkChoice
          networks={networks}
          chosen={chosen}
          choose={(id) => {
            props.act({ kind: 'choose', network: id });
          }}
        />
      </div>
      <Examples
        examples={examples.filter(({ name }) => chosen?.classNames.includes(name) === true)}
        show={(strokes) => {
          act({ kind: 'show', strokes });
        }}
      />
    </section>
  );
}

interface NetworkChoiceProps {
  readonly networks: readonly NetworkFacts[];
  readonly chosen: NetworkFacts | undefined;
  readonly choose: (network: string) => void;
}

function NetworkChoice({ networks, chosen, choose }: NetworkChoiceProps) {
  return (
    <>
      <label class="field">
        Read by
        <select
          id="network"
          value={chosen?.id ?? ''}
          disabled={networks.length === 0}
          onChange={(event) => {
            choose(event.currentTarget.value);
          }}
        >
          {networks.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <p class="small quiet" id="network-about">
        {chosen?.about ?? ''}
      </p>
    </>
  );
}

/** The newest reading of the drawing; older ones than the drawing that is shown are overtaken. */
function useReading(
  { client, network, stand, act }: DrawSectionProps,
  { strokes, version }: Drawing,
): Reading | null {
  const [reading, setReading] = useState<Reading | null>(null);
  // Counts how often the area was cleared: what was asked before is not shown after it.
  const cleared = useRef(0);
  const ask = useMemo(
    () =>
      newest(async (given: { readonly strokes: Drawing['strokes']; readonly network: string }) => {
        const before = cleared.current;
        try {
          const found = await client.call('read', {
            picture: pictureOf(given.strokes),
            network: given.network,
          });
          if (cleared.current === before) setReading(found);
        } catch (error) {
          act({ kind: 'problem', problem: problemOf(error) });
        }
      }),
    [client],
  );
  useEffect(() => {
    if (network !== null && strokes.length > 0) {
      ask({ strokes, network });
      return;
    }
    cleared.current++;
    setReading(null);
  }, [version, network, stand]);
  return reading;
}

function Examples({
  examples,
  show,
}: {
  readonly examples: readonly Example[];
  readonly show: (strokes: Example['strokes']) => void;
}) {
  if (examples.length === 0) return null;
  return (
    <div class="examples-area">
      <p id="examples-title" class="subtitle">
        An example: press one, or copy it
      </p>
      <div class="examples" role="group" aria-labelledby="examples-title">
        {examples.map(({ name, kana, strokes }) => (
          <button
            key={name}
            type="button"
            aria-label={`Draw ${kana}, ${name}`}
            onClick={() => {
              show(strokes);
            }}
          >
            <StrokesIcon strokes={strokes} />
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}
