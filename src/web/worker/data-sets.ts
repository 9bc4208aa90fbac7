/** The data sets that the page trains on. */
import {
  assumedFormat,
  createDataset,
  EngineError,
  pictureInput,
  resolveDataset,
  type Dataset,
} from '../../browser.js';
import { openedFiles, ownDrawings, type DataFacts, type GivenFile, type OwnClass } from '../protocol.js';

export interface DataSets {
  /** @param spec what `resolveDataset` takes, or the id of data that were added */
  readonly find: (spec: string) => Promise<Dataset>;
  readonly addOwn: (classes: readonly OwnClass[]) => DataFacts;
  readonly addFiles: (files: readonly GivenFile[]) => Promise<DataFacts>;
  readonly add: (dataset: Dataset, facts: DataFacts) => void;
  readonly factsOf: (spec: string) => DataFacts;
}

/** Together; a data set lies in memory twice while it is read. */
const mostBytes = 2 ** 29;

export function createDataSets(tellNotice: (text: string) => void): DataSets {
  const added = new Map<string, { readonly dataset: Dataset; readonly facts: DataFacts }>();
  /** The last one that was drawn or loaded: it is asked for again when settings change. */
  let last: { readonly spec: string; readonly dataset: Dataset } | null = null;
  const add: DataSets['add'] = (dataset, facts) => {
    added.set(facts.id, { dataset, facts });
  };
  const find = async (spec: string): Promise<Dataset> => {
    const known = added.get(spec)?.dataset ?? (last?.spec === spec ? last.dataset : null);
    if (known !== null) return known;
    if (isOfPage(spec))
      throw new EngineError('no-data', 'The data of this address are not here', {
        found: `${spec}, which lay in an earlier visit of the page`,
        expected: 'the synthetic set, or data that were drawn or opened now',
        remedy: 'choose other data, or draw or open them again',
      });
    const dataset = await resolveDataset(spec, { onNotice: tellNotice });
    last = { spec, dataset };
    return dataset;
  };
  return {
    find,
    add,
    factsOf: (spec) => added.get(spec)?.facts ?? { id: spec, title: spec, about: '' },
    addOwn: (classes) => {
      const dataset = ownDataset(classes);
      const facts = factsOf(ownDrawings, 'Your own drawings', dataset);
      add(dataset, facts);
      return facts;
    },
    addFiles: async (files) => {
      const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
      if (bytes > mostBytes)
        throw new EngineError('usage', 'These files are too large for the page', {
          found: `${Math.round(bytes / 2 ** 20)} MiB`,
          expected: `at most ${mostBytes / 2 ** 20} MiB`,
          remedy: 'choose fewer files, or train in Node, which has no such limit',
        });
      const dataset = await resolveDataset(files.map(namedFile), { onNotice: tellNotice });
      const title = `Opened: ${dataset.name}`.slice(0, 80);
      const facts = factsOf(openedFiles, title, dataset);
      add(dataset, facts);
      return facts;
    },
  };
}

/** Whether these data have a name that only this page gives. */
export function isOfPage(spec: string): boolean {
  return spec === ownDrawings || spec === openedFiles;
}

function namedFile({ path, file }: GivenFile) {
  return {
    name: path.split('/').at(-1)!,
    webkitRelativePath: path.includes('/') ? path : '',
    size: file.size,
    arrayBuffer: () => file.arrayBuffer(),
  };
}

function factsOf(id: string, title: string, dataset: Dataset): DataFacts {
  const { train, test, classNames, rows, columns, notice } = dataset;
  const names = classNames.slice(0, 10).join(', ') + (classNames.length > 10 ? ', ...' : '');
  const about = `${classNames.length} classes (${names}), ${train.count} images of ${rows} x ${columns} to train on, ${test.count} to test.`;
  return { id, title, about: notice === undefined ? about : `${about} ${notice}` };
}

/** A fifth of the drawings of each class, at least one, is for testing: the newest. */
const testShare = 0.2;

const frame = { rows: 28, columns: 28 };

/** Drawings as images, each fitted into its frame as KMNIST has it. */
function ownDataset(classes: readonly OwnClass[]): Dataset {
  const parts = { train: [] as [Uint8Array, number][], test: [] as [Uint8Array, number][] };
  classes.forEach(({ pictures }, label) => {
    const images = pictures.map((picture) => pictureInput(picture, assumedFormat(frame))?.pixels);
    const seen = images.filter((image) => image !== undefined);
    const forTest = Math.max(1, Math.floor(testShare * seen.length));
    seen.forEach((image, i) => parts[i < seen.length - forTest ? 'train' : 'test'].push([image, label]));
  });
  const arrays = (part: readonly [Uint8Array, number][]) => {
    const size = frame.rows * frame.columns;
    const images = new Uint8Array(part.length * size);
    part.forEach(([image], i) => {
      images.set(image, i * size);
    });
    return { images, labels: Uint8Array.from(part, ([, label]) => label) };
  };
  return createDataset({
    ...arrays(parts.train),
    test: arrays(parts.test),
    ...frame,
    classNames: classes.map(({ name }) => name),
    classes: classes.length,
    name: 'own drawings',
  });
}
