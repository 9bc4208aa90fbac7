/** The files of docs/many-machines: what a cluster would say of them. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../base/errors.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const manifest = textOf('docs/many-machines/job.json');

interface Job {
  readonly spec: {
    readonly completions: number;
    readonly podFailurePolicy: {
      readonly rules: readonly {
        readonly action: string;
        readonly onExitCodes?: { readonly values: number[] };
      }[];
    };
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
    };
  };
}

/** Of Kubernetes 1.30, strict, without what the manifest does not use. */
const schema = JSON.parse(textOf('src/testing/job-schema.json')) as object;
const faultsOf = (job: unknown): string[] => {
  const ajv = new Ajv();
  return ajv.validate(schema, job) === true
    ? []
    : ajv.errors!.map(({ dataPath, message }) => `${dataPath} ${message}`);
};

describe('the manifest for Kubernetes', () => {
  const job = JSON.parse(manifest) as Job;

  it('fits the schema of batch/v1 Job', () => {
    expect(faultsOf(job)).toEqual([]);
    expect(faultsOf(JSON.parse(manifest.replace('backoffLimitPerIndex', 'backoffLimitPerIndx')))).not.toEqual(
      [],
    );
    expect(faultsOf(JSON.parse(manifest.replace('"completions": 12', '"completions": "12"')))).not.toEqual(
      [],
    );
  });

  it('asks for as many units as it has indices', () => {
    const [{ args }] = job.spec.template.spec.containers as [{ args: readonly string[] }];
    expect(args).toContain(`--unit=$(JOB_COMPLETION_INDEX)/${job.spec.completions}`);
  });

  it('gives every exit code one answer', () => {
    const answers = job.spec.podFailurePolicy.rules.flatMap(({ action, onExitCodes }) =>
      (onExitCodes?.values ?? []).map((code) => [code, action] as const),
    );
    expect(new Set(answers.map(([code]) => code)).size).toBe(answers.length);
    expect(Object.fromEntries(answers)).toEqual({
      [exitCodes['no-adapter']]: 'Ignore',
      [exitCodes.terminated]: 'Ignore',
      [exitCodes.interrupted]: 'Ignore',
      [exitCodes.usage]: 'FailIndex',
      [exitCodes.diverged]: 'FailIndex',
      [exitCodes['bad-file']]: 'FailIndex',
      [exitCodes['no-data']]: 'FailIndex',
    });
  });
});

describe('the Dockerfile', () => {
  const lines = textOf('docs/many-machines/Dockerfile').replaceAll('\\\n', '').split('\n');
  const words = (name: string): string[][] =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.split(' ').slice(1));

  it('copies what is there, and starts it', () => {
    const copied = words('COPY')
      .filter(([first]) => !first!.startsWith('--from'))
      .flatMap((each) => each.slice(0, -1));
    expect(copied.filter((path) => !existsSync(root + path))).toEqual([]);
    const [entry] = words('ENTRYPOINT').map((each) => JSON.parse(each.join(' ')) as string[]);
    expect(entry).toEqual(['node', 'scripts/train.js']);
    expect(copied).toContain('scripts');
  });

  it('has all of the package that is no test and no document', () => {
    const { files } = JSON.parse(textOf('package.json')) as { readonly files: readonly string[] };
    const copied = words('COPY').flat();
    const needed = files.filter((name) => !/^!|^dist$|LICENSE|README/.test(name));
    expect(needed.filter((name) => !copied.includes(name))).toEqual([]);
  });

  it('does not run as root', () => {
    expect(words('USER')).toEqual([['node']]);
  });
});
