/** The area that is drawn on: with a finger, a pen, a mouse or the keyboard. */
import { useEffect, useRef } from 'preact/hooks';
import type { Drawing, DrawingAction, Point } from '../logic/drawing.js';
import { paintStrokes, useDark } from './canvas.js';

interface PadProps {
  readonly id: string;
  readonly label: string;
  readonly drawing: Drawing;
  readonly act: (action: DrawingAction) => void;
}

/** Pixels of the canvas; its size on the screen is another. */
const side = 640;

const keyStep = 0.04;
const fineStep = 0.01;

const directions: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export function Pad({ id, label, drawing, act }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useDark();
  useEffect(() => {
    paint(canvas.current!, drawing);
  }, [drawing, isDark]);
  const place = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point => {
    const { left, top, width, height } = canvas.current!.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  };
  // Pens tell of several hundred places a second: they are drawn once per frame.
  const moved = useRef<{ points: Point[]; frame: number }>({ points: [], frame: 0 });
  const flush = (): void => {
    const { points, frame } = moved.current;
    cancelAnimationFrame(frame);
    moved.current = { points: [], frame: 0 };
    if (points.length > 0) act({ kind: 'move', points });
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || !event.isPrimary) return;
    flush();
    event.preventDefault();
    canvas.current!.focus({ preventScroll: true });
    // Synthetic events have no pointer that could be captured.
    if (canvas.current!.hasPointerCapture(event.pointerId) || event.isTrusted)
      canvas.current!.setPointerCapture(event.pointerId);
    act({ kind: 'down', at: place(event) });
  };
  const move = (event: PointerEvent): void => {
    if (!event.isPrimary) return;
    const all = event.getCoalescedEvents();
    moved.current.points.push(...(all.length === 0 ? [event] : all).map(place));
    moved.current.frame ||= requestAnimationFrame(flush);
  };
  const up = (event: PointerEvent): void => {
    if (!event.isPrimary) return;
    flush();
    act({ kind: 'up' });
  };
  return (
    <canvas
      ref={canvas}
      id={id}
      class="pad"
      width={side}
      height={side}
      tabIndex={0}
      role="application"
      aria-label={label}
      aria-describedby="pad-keys"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={(event) => {
        press(event, act);
      }}
    />
  );
}

interface PadButtonsProps {
  /** Before the ids of the buttons. */
  readonly prefix: string;
  readonly isEmpty: boolean;
  readonly act: PadProps['act'];
}

export function PadButtons({ prefix, isEmpty, act }: PadButtonsProps) {
  const button = (kind: 'undo' | 'clear', text: string) => (
    <button
      type="button"
      id={prefix + kind}
      disabled={isEmpty}
      title={isEmpty ? 'Nothing is drawn yet' : undefined}
      onClick={() => {
        act({ kind });
      }}
    >
      {text}
    </button>
  );
  return (
    <>
      {button('undo', 'Undo')}
      {button('clear', 'Clear')}
    </>
  );
}

function press(event: KeyboardEvent, act: PadProps['act']): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = directions[event.key];
  const step = event.shiftKey ? fineStep : keyStep;
  if (direction !== undefined) act({ kind: 'step', x: step * direction.x, y: step * direction.y });
  else if (event.key === ' ') act({ kind: 'toggle' });
  else if (event.key === 'Backspace') act({ kind: 'undo' });
  else if (event.key === 'Delete') act({ kind: 'clear' });
  else return;
  event.preventDefault();
}

function paint(canvas: HTMLCanvasElement, { strokes, cursor, isPenDown }: Drawing): void {
  const context = canvas.getContext('2d')!;
  const style = getComputedStyle(canvas);
  context.clearRect(0, 0, side, side);
  context.strokeStyle = style.color;
  paintStrokes(context, strokes, side);
  if (cursor === null) return;
  context.beginPath();
  context.arc(cursor.x * side, cursor.y * side, 14, 0, 2 * Math.PI);
  context.strokeStyle = context.fillStyle = style.getPropertyValue('--accent');
  context.lineWidth = 4;
  context.stroke();
  if (isPenDown) context.fill();
}
