/** Canvases that show drawings, images and weights. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Stroke } from '../logic/drawing.js';
import type { Picture, Tile } from '../protocol.js';

/** The width of the pen, as a share of the drawing area. */
export const penWidth = 0.06;

/** Whether the page is dark; what draws on a canvas has to draw again when it changes. */
export function useDark(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const listen = (): void => {
      setDark(query.matches);
    };
    query.addEventListener('change', listen);
    return () => {
      query.removeEventListener('change', listen);
    };
  }, []);
  return isDark;
}

/** Draws strokes with a round pen over the whole canvas, whose size is `side` pixels. */
export function paintStrokes(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly Stroke[],
  side: number,
  width = penWidth,
): void {
  context.lineWidth = width * side;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const stroke of strokes) {
    context.beginPath();
    stroke.forEach(({ x, y }, i) => {
      if (i === 0) context.moveTo(x * side, y * side);
      context.lineTo(x * side, y * side);
    });
    context.stroke();
  }
}

/** The side of the picture that stands for a drawing: five pixels for one of the network's. */
const pictureSide = 140;

let offscreen: CanvasRenderingContext2D | null = null;

/** A drawing as a picture, black on white. */
export function pictureOf(strokes: readonly Stroke[]): Picture {
  if (offscreen === null) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = pictureSide;
    offscreen = canvas.getContext('2d', { willReadFrequently: true })!;
  }
  offscreen.fillStyle = '#fff';
  offscreen.fillRect(0, 0, pictureSide, pictureSide);
  offscreen.strokeStyle = '#000';
  paintStrokes(offscreen, strokes, pictureSide);
  const { data, width, height } = offscreen.getImageData(0, 0, pictureSide, pictureSide);
  return { data, width, height };
}

/** A small drawing, in the colour of text. Decoration: what it shows is said beside it. */
export function StrokesIcon({
  strokes,
  width = 0.08,
}: {
  readonly strokes: readonly Stroke[];
  readonly width?: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useDark();
  const side = 68;
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    context.clearRect(0, 0, side, side);
    context.strokeStyle = getComputedStyle(canvas.current!).color;
    paintStrokes(context, strokes, side, width);
  }, [strokes, isDark, width]);
  return <canvas ref={canvas} width={side} height={side} aria-hidden="true" />;
}

/** A grey image, each pixel as a square. */
export function TileView({
  tile,
  label,
  id,
}: {
  readonly tile: Tile;
  readonly label: string;
  readonly id?: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { rows, columns, pixels } = tile;
  useEffect(() => {
    const image = new ImageData(columns, rows);
    pixels.forEach((level, i) => {
      image.data.set([level, level, level, 255], 4 * i);
    });
    canvas.current!.getContext('2d')!.putImageData(image, 0, 0);
  }, [pixels, rows, columns]);
  return (
    <canvas ref={canvas} id={id} class="tile" width={columns} height={rows} role="img" aria-label={label} />
  );
}
