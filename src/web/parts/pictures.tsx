/** What a network looks like while it learns: weights as pictures, and what it takes for what. */
import { useEffect, useRef } from 'preact/hooks';
import type { Confusion, Look } from '../protocol.js';

/** Shares of a row from which a cell has the next darker ground. */
const levels = [0.02, 0.1, 0.3, 0.6];

/** A matrix of more classes cannot be read any more. */
const mostClasses = 64;

export function ConfusionTable({
  confusion,
  caption,
}: {
  readonly confusion: Confusion;
  readonly caption: string;
}) {
  const { classNames, counts } = confusion;
  if (classNames.length > mostClasses)
    return <p class="quiet">The confusion matrix of {classNames.length} classes is too large to show.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Confusion matrix">
      <table class="confusion" id="confusion">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">is \ read as</th>
            {classNames.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, actual) => {
            const total = row.reduce((sum, each) => sum + each, 0);
            return (
              <tr key={classNames[actual]}>
                <th scope="row">{classNames[actual]}</th>
                {row.map((count, i) => (
                  <td
                    key={classNames[i]}
                    class={i === actual ? 'right' : ''}
                    data-level={levels.filter((least) => count / Math.max(1, total) >= least).length}
                  >
                    {count}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Tiles in a row. */
const across = 8;

/** The weights of units of the first layer, each as a picture: what a unit answers to. */
export function Units({ look }: { readonly look: Look }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { rows, columns, units } = look;
  const down = Math.ceil(units / across);
  const [width, height] = [across * (columns + 1) + 1, down * (rows + 1) + 1];
  useEffect(() => {
    const image = new ImageData(width, height);
    for (let unit = 0; unit < units; unit++) paintUnit(image, look, unit);
    canvas.current!.getContext('2d')!.putImageData(image, 0, 0);
  }, [look]);
  if (units === 0) return null;
  return (
    <figure>
      <figcaption>First layer: what {units} of its units answer to (blue: ink, orange: no ink)</figcaption>
      <canvas
        ref={canvas}
        id="units"
        class="units"
        width={width}
        height={height}
        role="img"
        aria-label={`Weights of ${units} units of the first layer after epoch ${look.epoch}, each as a picture of ${rows} by ${columns} pixels`}
      />
    </figure>
  );
}

/** White is 0; blue above it, orange below, full at the strongest weight of the unit. */
function paintUnit(image: ImageData, { weights, rows, columns }: Look, unit: number): void {
  const size = rows * columns;
  const own = weights.subarray(unit * size, (unit + 1) * size);
  const most = own.reduce((largest, each) => Math.max(largest, Math.abs(each)), 1e-9);
  const [left, top] = [1 + (unit % across) * (columns + 1), 1 + Math.floor(unit / across) * (rows + 1)];
  own.forEach((weight, i) => {
    const share = weight / most;
    const rest = 255 * (1 - Math.abs(share));
    const colour =
      share > 0 ? [rest, rest + 0.45 * (255 - rest), 255] : [255, rest + 0.5 * (255 - rest), rest];
    const at = (top + Math.floor(i / columns)) * image.width + left + (i % columns);
    image.data.set([...colour, 255], 4 * at);
  });
}
