/** What the page can ask for, done. */
import { EngineError, networkMetadata, predict, toOnnx, toSafetensors, type Gpu } from '../../browser.js';
import { loadCharacters } from '../../data/synthetic/strokes.js';
import { trace } from '../../data/synthetic/trace.js';
import { platform } from '../../platform/index.js';
import type {
  Added,
  AskedTraining,
  Calls,
  Example,
  Format,
  GivenFile,
  NetworkFacts,
  Opened,
  OwnClass,
  Picture,
  Problem,
  Reading,
  SavedFile,
  SavedTraining,
  WorkerEvent,
} from '../protocol.js';
import { commandOf } from '../logic/command.js';
import { createDataSets, isOfPage, type DataSets } from './data-sets.js';
import { createDevice, type Device } from './device.js';
import { savedText } from './job.js';
import { openFiles } from './open-files.js';
import { networkOf, readDrawing, type KnownNetwork } from './networks.js';
import { summaryOf } from './run-files.js';
import { forget, keep, kept, type Kept } from './store.js';
import { Trainer } from './trainer.js';

export interface Ports {
  readonly tell: (event: WorkerEvent) => void;
  readonly problemOf: (error: unknown) => Problem;
}

/** The network that is there at once, beside the page. */
const shippedFile = 'network.safetensors';

export class Workshop {
  private readonly device: Device;
  private readonly data: DataSets;
  private readonly networks = new Map<string, KnownNetwork>();
  private readonly trainer: Trainer;

  constructor(private readonly ports: Ports) {
    const tellNotice = (text: string): void => {
      ports.tell({ kind: 'notice', text });
    };
    this.device = createDevice(tellNotice);
    this.data = createDataSets(tellNotice);
    this.trainer = new Trainer({
      ...ports,
      device: this.device,
      offer: (network, isNew) => {
        this.networks.set(network.facts.id, network);
        ports.tell({ kind: 'network', network: network.facts, isNew });
      },
    });
  }

  async open(): Promise<Opened> {
    const [gpu, shipped] = await Promise.all([this.device.gpu(), fetchShipped()]);
    this.networks.set(shipped.facts.id, shipped);
    await warmUp(gpu, shipped);
    return {
      adapter: gpu.description,
      software: gpu.software,
      version: platform.versions()['wgsl-train'],
      networks: [shipped.facts],
      examples: examples(),
      saved: await this.saved(),
    };
  }

  private async saved(): Promise<SavedTraining | null> {
    try {
      const found = await kept();
      return found === null ? null : savedText(found);
    } catch (error) {
      // What cannot be read is of no use, and would be told of at every visit.
      await forget().catch(() => undefined);
      const { message } = this.ports.problemOf(error);
      this.ports.tell({
        kind: 'notice',
        text: `What was kept of a training cannot be read, and was removed: ${message}`,
      });
      return null;
    }
  }

  async read({
    picture,
    network,
  }: {
    readonly picture: Picture;
    readonly network: string;
  }): Promise<Reading | null> {
    const known = this.networks.get(network);
    return known === undefined ? null : readDrawing(this.device, known, picture);
  }

  async addFiles(files: readonly GivenFile[]): Promise<readonly Added[]> {
    const kana = loadCharacters().map(({ name }) => name);
    const { added, networks } = await openFiles(files, this.data, kana);
    for (const network of networks) this.networks.set(network.facts.id, network);
    return added;
  }

  addOwn(classes: readonly OwnClass[]) {
    return Promise.resolve(this.data.addOwn(classes));
  }

  async train(asked: AskedTraining): Promise<null> {
    this.requireIdle();
    const dataset = await this.data.find(asked.data);
    const facts = this.data.factsOf(asked.data);
    const isKept = await this.keep({ asked, facts, dataset: isOfPage(asked.data) ? dataset : null });
    this.trainer.begin({ asked, facts, dataset, isKept });
    return null;
  }

  /** @returns whether the browser keeps it; if not, that is said, and the training does without */
  private async keep(job: Kept): Promise<boolean> {
    try {
      await keep(job);
      return true;
    } catch (error) {
      const { message } = this.ports.problemOf(error);
      const text = `This browser keeps no checkpoints here, so that a reload loses the training: ${message}`;
      this.ports.tell({ kind: 'notice', text });
      return false;
    }
  }

  async resumeSaved(): Promise<null> {
    this.requireIdle();
    const found = await kept();
    if (found === null)
      throw new EngineError('no-data', 'There is no training that could be resumed', {
        remedy: 'begin a new one',
      });
    const { asked, facts } = found;
    if (found.dataset !== null) this.data.add(found.dataset, facts);
    const dataset = found.dataset ?? (await this.data.find(asked.data));
    this.trainer.begin({ asked, facts, dataset, isKept: true });
    return null;
  }

  async forgetSaved(): Promise<null> {
    await forget();
    return null;
  }

  steer(how: 'pause' | 'resume' | 'stop'): Promise<null> {
    this.trainer.steer(how);
    return Promise.resolve(null);
  }

  watch(trial: number): Promise<null> {
    this.trainer.watch(trial);
    return Promise.resolve(null);
  }

  async download({ trial, format }: { readonly trial: number; readonly format: Format }): Promise<SavedFile> {
    const { result, parameters, job } = this.trainer.finished(trial);
    const metadata = networkMetadata(job.dataset);
    switch (format) {
      case 'safetensors':
        return {
          name: 'model.safetensors',
          type: 'application/octet-stream',
          bytes: owned(toSafetensors(parameters, metadata)),
        };
      case 'onnx':
        return {
          name: 'model.onnx',
          type: 'application/octet-stream',
          bytes: owned(await toOnnx(parameters, { metadata })),
        };
      case 'summary': {
        const command = commandOf(job.asked.data, job.asked.trials[trial]!);
        const summary = summaryOf(await this.device.gpu(), job.dataset, result, command);
        const text = `${JSON.stringify(summary, null, 2)}\n`;
        return { name: 'summary.json', type: 'application/json', bytes: new TextEncoder().encode(text) };
      }
    }
  }

  private requireIdle(): void {
    if (!this.trainer.isBusy) return;
    throw new EngineError('usage', 'A training is under way', { remedy: 'stop it first' });
  }
}

/** A file has a buffer of its own, which the page can take over. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}

async function fetchShipped(): Promise<KnownNetwork> {
  const response = await fetch(new URL(shippedFile, location.href));
  if (!response.ok)
    throw new EngineError('no-data', `${shippedFile} cannot be loaded`, {
      found: `status ${response.status}`,
      expected: 'the network that lies beside the page',
      remedy: 'load the page again, or build it again',
    });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const network = networkOf({ name: shippedFile, bytes, classNames: null, kana: [] }, 'shipped');
  const facts: NetworkFacts = {
    ...network.facts,
    title: 'The network of this page',
    about:
      'Ours, 784-64-10: trained beforehand on 400,000 synthetic characters, drawn by simulated writers. ' +
      'It reads 95.5 % of 2,000 test characters, by other simulated writers, right. People write otherwise.',
  };
  return { ...network, facts };
}

/** The first answer compiles shaders: before a person waits for it. */
async function warmUp(gpu: Gpu, { parameters, format }: KnownNetwork): Promise<void> {
  await predict(gpu, parameters, new Uint8Array(format.rows * format.columns));
}

/** The characters of the synthetic set as they are usually written. */
function examples(): Example[] {
  return loadCharacters().map(({ name, kana, forms }) => ({
    name,
    kana,
    strokes: forms[0]!.strokes.map((stroke) => {
      const { x, y } = trace([stroke], 0, []);
      return x.map((each, i) => ({ x: each, y: y[i]! }));
    }),
  }));
}

export type Doing = {
  readonly [N in keyof Calls]: (given: Parameters<Calls[N]>[0]) => Promise<ReturnType<Calls[N]>>;
};
