/** Labels beside the ends of curves, moved apart until they can be read. */

export interface EndLabel {
  readonly text: string;
  readonly colour: string;
  /** Where the curve ends, in the units of the axis. */
  readonly value: number;
}

export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly low: number;
  readonly high: number;
  /** Height of the plot in pixels. */
  readonly height: number;
}

const lineHeight = 14;

/** The labels with values so far apart that their lines do not overlap, in the same order. */
export function spreadLabels(labels: readonly EndLabel[], scale: Scale): EndLabel[] {
  const places = labels
    .map(({ value }, index) => ({ index, y: toPixels(value, scale) }))
    .sort((a, b) => a.y - b.y);
  places.forEach((place, rank) => {
    if (rank > 0) place.y = Math.max(place.y, places[rank - 1]!.y + lineHeight);
  });
  // What was pushed beyond the top comes back, and pushes those below it.
  let ceiling = scale.height;
  for (const place of places.toReversed()) {
    place.y = Math.min(place.y, ceiling);
    ceiling = place.y - lineHeight;
  }
  const moved = new Map(places.map(({ index, y }) => [index, toValue(y, scale)]));
  return labels.map((label, index) => ({ ...label, value: moved.get(index)! }));
}

function toPixels(value: number, { kind, low, high, height }: Scale): number {
  const share = kind === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return share * height;
}

function toValue(pixels: number, { kind, low, high, height }: Scale): number {
  const share = pixels / height;
  return kind === 'log' ? low * (high / low) ** share : low + share * (high - low);
}
