import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { capture } from '../testing/capture.js';
import type { Command } from './command.js';
import { program } from './group.js';

const folder = new URL('commands/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => file.replace('.ts', ''));
const load = async (name: string): Promise<Command> => {
  const { command } = (await import(new URL(`${name}.ts`, folder).href)) as { readonly command: Command };
  return command;
};

async function run(...argv: string[]) {
  const [stdout, stderr] = [capture(), capture()];
  const code = await program({ names, load }).execute(argv, {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.reject(new Error('help needs no engine')),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

it('has a command of its own name in each file', async () => {
  const commands = await Promise.all(names.map(load));
  expect(commands.map(({ name }) => name)).toEqual(names);
});

it.each([['--help'], ['-h'], ['help']])('%s says a line about each command', async (word) => {
  const { code, stdout, stderr } = await run(word);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +\\w.{20,}$`, 'm'));
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

it.each(names)('%s: -h, -v and help work, and help fits 80 columns', async (name) => {
  const help = await run(name, '--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/^usage: /);
  for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(await run(name, '-h')).toEqual(help);
  expect(await run(name, 'help')).toEqual(help);
  expect(await run('help', name)).toEqual(help);
  expect(await run(name, '-v')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+/) as string,
  });
});

it('says what was meant by an unknown command, and lists nothing', async () => {
  const { code, stdout, stderr } = await run('trian');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    'there is no command "trian": did you mean train?\n  remedy:   see npx wgsl-train --help\n',
  );
});

it('lists the commands where none was named, and that is an error', async () => {
  const { code, stdout, stderr } = await run();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('train an experiment, all of them, or a sweep');
  expect(stderr).toContain('no command was named');
});
