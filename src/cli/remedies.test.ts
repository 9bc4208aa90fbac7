/** What errors tell people to do works: the commands that they name run, and the options are there. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError, exitCodes } from '../base/errors.js';
import { commandLine } from '../platform/command-line.js';
import { capture } from '../testing/capture.js';
import { readModules, repository } from '../testing/read-modules.js';
import { command as train } from './commands/train.js';
import { fakeEngine, type FakeBehaviour } from './testing/engine.js';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-remedies-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

async function run(line: string, behaviour: FakeBehaviour = {}, signal = new AbortController().signal) {
  const [stdout, stderr] = [capture(), capture()];
  const loadEngine = () => Promise.resolve(fakeEngine(behaviour));
  const code = await train.execute(line.split(' '), { stdout, stderr, signal, loadEngine });
  const remedy = /^ {2}remedy: {3}(.*)$/m.exec(stderr.text())?.[1] ?? '';
  return { code, stderr: stderr.text(), remedy };
}

/** Runs a command that a remedy names. */
async function follow(remedy: string, line: string): Promise<number> {
  expect(remedy).toContain(commandLine('train', line));
  return (await run(line)).code;
}

const short = '--exp 2 --epochs 3 --data synthetic';
/** In place of a file of the run, so that it cannot be written. */
const block = (path: string): void => {
  mkdirSync(join(home, path, 'x'), { recursive: true });
};

interface Case {
  readonly what: string;
  readonly line: string;
  readonly code: number;
  readonly behaviour?: FakeBehaviour;
  /** The command in the remedy. */
  readonly remedy: string;
  /** What a person does before the remedy's command. */
  readonly before?: () => void;
}

const lost = new EngineError('device-lost', 'the GPU device was lost (unknown): made up');
const throwing = (error: Error) => (): never => {
  throw error;
};

const withCommand: readonly Case[] = [
  { what: 'no experiment', line: '--data synthetic', code: 2, remedy: '--exp 6' },
  { what: 'an experiment that is none', line: '--exp 9', code: 2, remedy: '--list' },
  { what: 'no run', line: '--resume nowhere', code: 66, remedy: '' },
  {
    what: 'a device that was lost twice',
    line: `${short} --out a`,
    code: 69,
    behaviour: { logits: throwing(lost) },
    remedy: '--resume a',
  },
  {
    what: 'a file that cannot be written',
    line: `${short} --out a`,
    code: 74,
    behaviour: {
      logits: (layers, images) => {
        block('a/report.html');
        return new Float32Array((images.length / layers[0]!.inputs) * layers.at(-1)!.outputs);
      },
    },
    remedy: '--resume a',
    before: () => {
      rmSync(join(home, 'a', 'report.html'), { recursive: true });
    },
  },
];

describe('the command of a remedy runs', () => {
  it.each(withCommand)('after $what', async ({ line, code, behaviour, remedy, before }) => {
    const failed = await run(line, behaviour);
    expect(failed).toMatchObject({ code });
    before?.();
    if (remedy === '') expect(failed.remedy).toContain(commandLine('train'));
    else expect(await follow(failed.remedy, remedy)).toBe(0);
  });

  it('after Ctrl-C', async () => {
    const controller = new AbortController();
    const behaviour: FakeBehaviour = {
      logits: () => {
        controller.abort();
        throw new EngineError('interrupted', 'interrupted', { remedy: 'start again' });
      },
    };
    const { code, remedy } = await run(`${short} --out a`, behaviour, controller.signal);
    expect({ code, remedy }).toEqual({
      code: 130,
      remedy: `nothing is lost: continue with ${commandLine('train', '--resume', 'a')}`,
    });
    expect(await follow(remedy, '--resume a')).toBe(0);
    expect(existsSync(join(home, 'a', 'report.html'))).toBe(true);
  });
});

describe('the option of a remedy helps', () => {
  it('--overwrite and --out, where a run is there', async () => {
    await run(`${short} --out a`);
    const { code, remedy } = await run(`${short} --out a`);
    expect({ code, remedy }).toEqual({
      code: 2,
      remedy: expect.stringMatching(/--out.*--overwrite/) as string,
    });
    expect((await run(`${short} --out b`)).code).toBe(0);
    expect((await run(`${short} --out a --overwrite`)).code).toBe(0);
  });

  it('--mixed, for a checkpoint of another adapter', async () => {
    await run(`${short} --out a`);
    rmSync(join(home, 'a', 'summary.json'));
    const other = { fingerprint: { 'subgroup size': '4' } };
    const { code, remedy } = await run('--resume a', other);
    expect({ code, remedy }).toEqual({ code: 69, remedy: expect.stringContaining('--mixed') as string });
    expect((await run('--resume a --mixed', other)).code).toBe(0);
  });
});

/** The texts in a module, and whether each stands in a remedy. */
function textsOf({
  path,
  text,
}: {
  readonly path: string;
  readonly text: string;
}): (readonly [string, boolean])[] {
  const texts: (readonly [string, boolean])[] = [];
  const visit = (node: ts.Node, inRemedy: boolean): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push([node.text, inRemedy]);
    const isNamed =
      (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && ts.isIdentifier(node.name);
    const isRemedy = isNamed && /^(remedy|remedies|next|elsewhere)$/.test(node.name.getText());
    ts.forEachChild(node, (child) => {
      visit(child, inRemedy || isRemedy);
    });
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), false);
  return texts;
}

describe('remedies of the whole source', () => {
  const texts = readModules('src', /^(?!.*(\.test|testing\/)).*\.ts$/).flatMap(textsOf);
  const remedies = texts.filter(([, inRemedy]) => inRemedy).map(([text]) => text);

  it('name options that exist', () => {
    const declared = new Set(texts.map(([text]) => text).filter((text) => /^--[a-z][a-z-]*$/.test(text)));
    const named = remedies.flatMap((text) => text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []);
    expect(named.length).toBeGreaterThan(30);
    const ofSettings = [
      '--lr',
      '--batch-size',
      '--epochs',
      '--hidden',
      '--dropout',
      '--patience',
      '--validation',
    ];
    expect(named.filter((name) => !declared.has(name) && !ofSettings.includes(name))).toEqual([]);
  });

  it('name commands that exist', () => {
    const commands = readdirSync(join(repository, 'src/cli/commands')).map((file) => file.split('.')[0]!);
    const sources = readModules('src', /^(?!.*(\.test|testing\/)).*\.ts$/).map(({ text }) => text);
    const named = sources.flatMap((text) =>
      [...text.matchAll(/commandLine\('([a-z]+)/g)].map(([, name]) => name!),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !commands.includes(name))).toEqual([]);
  });

  it('every kind of error stands with its exit code in the table of the docs', () => {
    const table = readFileSync(join(repository, 'docs/commands.md'), 'utf8');
    const rows = [...table.matchAll(/^\| (\d+) \| `([a-z-]+)` \|.*\| .+ \|$/gm)];
    expect(Object.fromEntries(rows.map(([, code, kind]) => [kind, Number(code)]))).toEqual(exitCodes);
  });
});
