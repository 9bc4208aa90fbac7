/** Files of one's own: dropped anywhere on the page, or chosen. */
import { useEffect, useRef } from 'preact/hooks';
import { droppedFiles, givenFiles } from '../dropped.js';
import type { GivenFile, RunView } from '../protocol.js';
import { Curves } from './curves.js';
import { ConfusionTable } from './pictures.js';

interface FilesSectionProps {
  readonly reason: string | null;
  readonly add: (files: Promise<readonly GivenFile[]>) => void;
  readonly run: RunView | null;
}

export function FilesSection({ reason, add, run }: FilesSectionProps) {
  useDrop(add);
  const choose = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    add(Promise.resolve(givenFiles(input.files)));
    // So that the same file, changed meanwhile, can be chosen again.
    input.value = '';
  };
  return (
    <section aria-labelledby="files-title">
      <h2 id="files-title">Open files</h2>
      <div class="drop" id="drop">
        <p>Drop files anywhere on this page, or choose them:</p>
        <ul>
          <li>
            the network of a run that was trained in Node: <code>best.safetensors</code> of its checkpoints,
            or what <code>node scripts/export.js latest</code> wrote; it then reads your drawings;
          </li>
          <li>
            <code>summary.json</code> of a run: its curves are shown;
          </li>
          <li>
            images to train on: a folder with a folder of pictures per class, or IDX files such as KMNIST.
          </li>
        </ul>
        <div class="row">
          <label>
            <input type="file" id="files" multiple disabled={reason !== null} onChange={choose} />
            <span class="button">Choose files</span>
          </label>
          <label>
            <input
              type="file"
              id="folder"
              disabled={reason !== null}
              onChange={choose}
              ref={(input) => {
                input?.setAttribute('webkitdirectory', '');
              }}
            />
            <span class="button">Choose a folder</span>
          </label>
          <span class="small quiet">{reason ?? ''}</span>
        </div>
      </div>
      {run !== null && <Run run={run} />}
    </section>
  );
}

function useDrop(add: FilesSectionProps['add']): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      document.body.classList.add('dropping');
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) document.body.classList.remove('dropping');
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      if (event.dataTransfer !== null) add(droppedFiles(event.dataTransfer));
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, [add]);
}

function Run({ run }: { readonly run: RunView }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current!.scrollIntoView({ block: 'nearest' });
  }, [run]);
  return (
    <div id="run" ref={box}>
      <h3>{run.title}</h3>
      <p class="quiet">{run.about}</p>
      <Curves curves={run.trials} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Networks of the run">
        <table>
          <thead>
            <tr>
              {['network', 'epochs', 'test accuracy', 'test loss', 'sha256 of the weights'].map((each) => (
                <th key={each} scope="col">
                  {each}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {run.trials.map(({ name, history, test, weightsSha256 }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{history.length}</td>
                <td>{(100 * test.accuracy).toFixed(1)} %</td>
                <td>{test.loss.toFixed(4)}</td>
                <td>
                  <code>{weightsSha256.slice(0, 16)}...</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {run.confusion !== null && (
        <ConfusionTable
          confusion={run.confusion}
          caption="The selected network: what test images are (rows) and what they are read as"
        />
      )}
    </div>
  );
}
