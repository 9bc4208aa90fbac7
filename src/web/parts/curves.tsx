/** Curves over epochs, drawn by uPlot, which redraws thousands of points in a frame. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { EpochRecord } from '../../train/types.js';
import { useDark } from './canvas.js';

/** One network's way through its epochs. */
export interface Curve {
  readonly name: string;
  readonly history: readonly EpochRecord[];
}

type Measure = 'loss' | 'accuracy';

/** Colours that are told apart on the page's grounds; curves beyond them repeat. */
const colours = ['--first', '--second', '--third', '--fourth', '--fifth', '--sixth'] as const;

const height = 220;

export function Curves({ curves }: { readonly curves: readonly Curve[] }) {
  return (
    <div class="charts" id="curves">
      <Chart measure="loss" title="Loss (nats)" curves={curves} />
      <Chart measure="accuracy" title="Accuracy" curves={curves} />
    </div>
  );
}

interface ChartProps {
  readonly measure: Measure;
  readonly title: string;
  readonly curves: readonly Curve[];
}

function Chart({ measure, title, curves }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isDark = useDark();
  const names = curves.map(({ name }) => name).join('\n');
  useEffect(() => {
    // Kept here: the reference is null where the observer is called after the element is gone.
    const element = box.current!;
    const made = new uPlot(optionsOf(element, measure, curves), dataOf(measure, curves), element);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, isDark, measure]);
  useEffect(() => {
    plot.current?.setData(dataOf(measure, curves));
  }, [curves]);
  return (
    <figure>
      <figcaption>
        {title}; dashed: validation.
        {curves.length > 1 &&
          curves.map(({ name }, i) => (
            <span key={name} class={`key key-${i % colours.length}`}>
              {name}
            </span>
          ))}
      </figcaption>
      <div class="chart" ref={box} role="img" aria-label={`${title} by epoch. ${wordsOf(measure, curves)}`} />
    </figure>
  );
}

/** Where the curves stand, for those who do not see them. */
function wordsOf(measure: Measure, curves: readonly Curve[]): string {
  return curves
    .map(({ name, history }) => {
      const last = history.at(-1);
      if (last === undefined) return `${name}: no epoch yet.`;
      const validation =
        last.validation === null ? '' : `, validation ${last.validation[measure].toFixed(3)}`;
      return `${name}: after epoch ${last.epoch} training ${last.train[measure].toFixed(3)}${validation}.`;
    })
    .join(' ');
}

function dataOf(measure: Measure, curves: readonly Curve[]): uPlot.AlignedData {
  const longest = Math.max(1, ...curves.map(({ history }) => history.at(-1)?.epoch ?? 0));
  const epochs = Array.from({ length: longest }, (_, i) => i + 1);
  return [
    epochs,
    ...curves.flatMap(({ history }) => {
      const [train, validation] = [
        new Array<number | null>(longest).fill(null),
        new Array<number | null>(longest).fill(null),
      ];
      for (const record of history) {
        train[record.epoch - 1] = record.train[measure];
        validation[record.epoch - 1] = record.validation?.[measure] ?? null;
      }
      return [train, validation];
    }),
  ];
}

function optionsOf(box: HTMLElement, measure: Measure, curves: readonly Curve[]): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: box.clientWidth,
    height,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: false, range: (_, least, most) => [least, Math.max(most, least + 1)] },
      y: { range: (_, least, most) => uPlot.rangeNum(least, most, 0.1, measure === 'loss') },
    },
    axes: [
      { ...axis, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000] },
      { ...axis, size: 46 },
    ],
    series: [
      { label: 'Epoch' },
      ...curves.flatMap(({ name }, i) => {
        const stroke = colour(colours[i % colours.length]!);
        const short = curves.length === 1 ? '' : `${name}, `;
        return [
          { label: `${short}training`, stroke, width: 2, points: { show: false } },
          {
            label: `${short}validation`,
            stroke,
            width: 2,
            dash: [6, 4],
            points: { show: false },
          },
        ];
      }),
    ],
  };
}
