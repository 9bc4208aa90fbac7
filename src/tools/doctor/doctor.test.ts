/** scripts/doctor.js on invented machines, and its parts. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { doctor } from '../../cli/commands/doctor.js';
import type { DoctorWorld } from './examine.js';
import type { Fault } from '../../check/known-answer.js';
import type { ProbeRecord } from './probe.js';
import { resolutionOf } from './probe.js';
import { runProbeProcess, type ProbeOutcome } from './run-probe.js';
import { checkSynthetic } from './storage.js';
import { checkNode, isInRange } from './system.js';
import { checkDevices, checkDrivers, checkLoader, findManifests } from './vulkan.js';
import type { World } from './world.js';
import { parseListing } from '../../gpu/listing.js';
import { kindOf, type SurveyedAdapter } from '../../gpu/survey.js';
import { capture } from '../../testing/capture.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-doctor-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Writes a file below the invented machine's root. */
function put(path: string, text = ''): string {
  const whole = join(home, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

function machine(change: Partial<World> = {}): World {
  return {
    env: { WGSL_TRAIN_CACHE: join(home, 'cache') },
    platform: 'linux',
    arch: 'x64',
    nodeVersion: '22.14.0',
    glibc: '2.39',
    home: join(home, 'user'),
    root: home,
    project: repository,
    ask: () => Promise.resolve(''),
    ...change,
  };
}

/** A loader and lavapipe's manifest. */
function putVulkan(): void {
  put('usr/lib/x86_64-linux-gnu/libvulkan.so.1.4.309');
  symlinkSync('libvulkan.so.1.4.309', join(home, 'usr/lib/x86_64-linux-gnu/libvulkan.so.1'));
  put('usr/lib/x86_64-linux-gnu/libvulkan_lvp.so');
  const manifest = { ICD: { api_version: '1.4.305', library_path: 'libvulkan_lvp.so' } };
  put('usr/share/vulkan/icd.d/lvp_icd.json', JSON.stringify(manifest));
}

const adapter: SurveyedAdapter = {
  name: 'llvmpipe (LLVM 19.1.7, 256 bits)',
  backend: 'vulkan',
  description: 'llvmpipe: Mesa 25.0.7',
  kind: 'software',
  vendor: 'mesa',
  architecture: 'software',
  subgroups: true,
  timestamps: true,
  subgroupMinSize: 8,
  subgroupMaxSize: 8,
  limits: {
    maxBufferSize: 4294967295,
    maxStorageBufferBindingSize: 134217728,
    maxStorageBuffersPerShaderStage: 16,
    maxComputeWorkgroupStorageSize: 32768,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupsPerDimension: 65535,
  },
};
const refused: SurveyedAdapter = { ...adapter, name: 'an old GPU', description: null, limits: null };
const opened: ProbeRecord = {
  stage: 'opened',
  description: 'llvmpipe: Mesa 25.0.7',
  software: true,
  subgroupSize: 8,
};
const answer: ProbeRecord = {
  stage: 'known-answer',
  seconds: 0.3,
  steps: 3,
  kernels: ['gather', 'adamw'],
  compared: 5000,
  worstShare: 0.5,
  faults: [],
};
const timestamps: ProbeRecord = { stage: 'timestamps', timestamps: { resolutionNs: 1, passNs: 900 } };
const fine: readonly ProbeRecord[] = [
  { stage: 'loaded' },
  { stage: 'listed', adapters: [adapter] },
  opened,
  answer,
  timestamps,
  { stage: 'ended' },
];

async function run(
  line: string,
  outcome: Partial<ProbeOutcome> = {},
  change: Partial<World> = {},
  signal = new AbortController().signal,
) {
  const stdout = capture();
  const stderr = capture();
  const asked: (string | undefined)[] = [];
  const world: DoctorWorld = {
    machine: machine(change),
    runProbe: (name) => {
      asked.push(name);
      return Promise.resolve({ records: fine, exitCode: 0, signal: null, stderr: '', ...outcome });
    },
  };
  const code = await doctor(world).execute(line === '' ? [] : line.split(' '), {
    stdout,
    stderr,
    signal,
    loadEngine: () => Promise.reject(new Error('not here')),
  });
  return { code, stdout, stderr, asked };
}

/** The verdict on each check by its name. */
function verdicts(records: readonly Record<string, unknown>[]): Record<string, unknown> {
  const checks = records.filter(({ event }) => event === 'check');
  return Object.fromEntries(checks.map(({ name, verdict }) => [name as string, verdict]));
}

describe('a bad command line exits 2 and asks nothing', () => {
  test.each([
    ['--adaptor x', 'unknown option --adaptor', 'did you mean --adapter?'],
    ['--adapter', '--adapter needs a value', '--adapter INDEX|NAME'],
    ['--adapter=', '--adapter needs a value', 'an empty value'],
    ['--adapter a --adapter b', '--adapter was given 2 times', '--adapter once'],
    ['--json=yes', '--json takes no value', '--json alone'],
    ['llvmpipe', 'unexpected argument "llvmpipe"', 'doctor.js --help'],
    ['--exp 6', 'unknown option --exp', 'doctor.js --help'],
  ])('%s', async (line, names, expected) => {
    const { code, stdout, stderr, asked } = await run(line);
    expect({ code, stdout: stdout.text(), asked }).toEqual({ code: 2, stdout: '', asked: [] });
    expect(stderr.text()).toContain(names);
    expect(stderr.text()).toContain(expected);
  });
});

test('--help', async () => {
  const { code, stdout, asked } = await run('--help');
  expect({ code, asked }).toEqual({ code: 0, asked: [] });
  expect(stdout.text()).toContain('usage: node scripts/doctor.js [options]');
});

describe('a machine on which training works', () => {
  beforeEach(putVulkan);

  it('exits 0 and says so last, within 80 columns', async () => {
    const { code, stdout, asked } = await run('--adapter llvm');
    expect({ code, asked }).toEqual({ code: 0, asked: ['llvm'] });
    const lines = stdout.lines();
    expect(lines.at(-1)).toMatch(/^training would work, on a software adapter/);
    for (const line of lines.filter((each) => !each.includes(home)))
      expect(line.length).toBeLessThanOrEqual(80);
    const text = stdout.text().replaceAll(/\s+/g, ' ');
    for (const part of [
      'libvulkan.so.1, version 1.4.309 ok drivers',
      'lvp_icd 1.4.305',
      'subgroups of 8, timestamps',
      '5,000 numbers right in 2 kernels',
      'ticks of 1 ns',
    ])
      expect(text).toContain(part);
  });

  it('tells programs every check with its evidence, and the verdict', async () => {
    const { stdout, stderr } = await run('--json');
    expect(verdicts(stdout.records())).toEqual({
      'wgsl-train': 'ok',
      Node: 'ok',
      system: 'ok',
      webgpu: 'ok',
      Vulkan: 'ok',
      drivers: 'ok',
      adapters: 'ok',
      training: 'ok',
      timestamps: 'ok',
      KMNIST: 'warning',
      synthetic: 'ok',
      disk: 'ok',
    });
    expect(stdout.records().at(-1)).toMatchObject({
      event: 'verdict',
      works: true,
      adapter: 'llvmpipe: Mesa 25.0.7',
      software: true,
      wrong: [],
      warnings: ['KMNIST'],
      exitCode: 0,
    });
    expect(stderr.text()).toContain('training would work');
  });

  it('tells with --quiet what is not ok, and the verdict', async () => {
    const { stdout } = await run('--quiet');
    expect(stdout.text()).not.toMatch(/^ok/m);
    expect(stdout.text()).toMatch(/^warning {2}KMNIST/);
  });

  it('is not made unfit by damaged data, an old build or coarse timestamps', async () => {
    const records = fine.map((record): ProbeRecord =>
      record.stage === 'timestamps'
        ? { stage: 'timestamps', timestamps: { resolutionNs: 65536, passNs: 65536 } }
        : record,
    );
    const env = { KMNIST_DIR: join(home, 'kmnist') };
    put('kmnist/t10k-labels-idx1-ubyte.gz', 'damaged');
    const ask: World['ask'] = (_, args) =>
      Promise.resolve(args[0]?.endsWith('what-is-missing.js') ? 'build: dist/a.js is out of date\n' : '');
    const { code, stdout } = await run('--json', { records }, { env, ask });
    expect(code).toBe(0);
    expect(verdicts(stdout.records())).toMatchObject({
      KMNIST: 'wrong',
      'wgsl-train': 'warning',
      timestamps: 'warning',
    });
    expect(stdout.records().at(-1)).toMatchObject({ works: true, wrong: ['KMNIST'] });
    for (const { event, verdict, remedy } of stdout.records())
      if (event === 'check' && verdict === 'wrong') expect(remedy).toBeTruthy();
  });

  it('is remarked where a software adapter would be taken though there is a GPU', async () => {
    const gpu: SurveyedAdapter = { ...adapter, name: 'AMD Radeon', kind: 'hardware' };
    const records = fine.map((record): ProbeRecord =>
      record.stage === 'listed' ? { stage: 'listed', adapters: [adapter, gpu] } : record,
    );
    const { code, stdout } = await run('--quiet', { records });
    expect(code).toBe(0);
    expect(stdout.text()).toMatch(/^warning {2}training [^]*remedy: --adapter "AMD Radeon"/m);
  });

  it('has its commit, and remarks changes', async () => {
    const ask =
      (changes: string): World['ask'] =>
      (command, args) =>
        Promise.resolve(
          command !== 'git' ? '' : args.includes('rev-parse') ? `${repository}\nabc1234\n` : changes,
        );
    expect((await run('', {}, { ask: ask('') })).stdout.text()).toMatch(/commit abc1234, built/);
    expect((await run('', {}, { ask: ask(' M a.ts\n') })).stdout.text()).toContain(
      'commit abc1234 with uncommitted changes',
    );
  });
});

describe('a machine on which training would not work exits 69', () => {
  const failed = (kind: string, message: string, remedy: string | null): ProbeRecord => ({
    stage: 'failed',
    kind,
    message,
    found: null,
    remedy,
  });

  it('without an adapter: what is missing is wrong, with the remedy', async () => {
    const records: ProbeRecord[] = [
      { stage: 'loaded' },
      { stage: 'listed', adapters: [] },
      failed('no-adapter', 'no WebGPU adapter was found', 'run ./scripts/setup.sh'),
      { stage: 'ended' },
    ];
    const { code, stdout } = await run('', { records });
    expect(code).toBe(69);
    const text = stdout.text();
    expect(text).toMatch(/^wrong {4}Vulkan {7}no loader/m);
    expect(text).toMatch(/^wrong {4}drivers {6}no driver manifest/m);
    expect(text).toMatch(/^wrong {4}adapters {5}none$/m);
    expect(text).toContain('./scripts/setup.sh');
    expect(text).toMatch(/\ntraining would not work here; wrong: Vulkan, drivers, adapters, training/);
  });

  it('with drivers hidden by VK_DRIVER_FILES', async () => {
    putVulkan();
    const records: ProbeRecord[] = [{ stage: 'loaded' }, { stage: 'listed', adapters: [] }];
    const env = { VK_DRIVER_FILES: '/nonexistent', WGSL_TRAIN_CACHE: home };
    const { code, stdout } = await run('', { records }, { env });
    expect(code).toBe(69);
    expect(stdout.text()).toContain('limited to VK_DRIVER_FILES=/nonexistent');
    expect(stdout.text()).toContain('remedy: unset VK_DRIVER_FILES and VK_ICD_FILENAMES');
  });

  it('with two adapters of one name: the second is marked', async () => {
    putVulkan();
    const adapters = [refused, { ...refused, name: 'another GPU' }, refused];
    const { stdout } = await run('', { records: [{ stage: 'loaded' }, { stage: 'listed', adapters }] });
    const text = stdout.text().replace(/\s+/g, ' ');
    expect(text).toContain('0: an old GPU (vulkan): Dawn refuses it 1: another GPU (vulkan): Dawn');
    expect(text).toContain('2: an old GPU (vulkan): --adapter cannot tell it from 0');
  });

  it('with an adapter that Dawn refuses', async () => {
    putVulkan();
    const records: ProbeRecord[] = [{ stage: 'loaded' }, { stage: 'listed', adapters: [refused] }];
    const { code, stdout } = await run('', { records });
    expect(code).toBe(69);
    expect(stdout.text()).toContain('an old GPU (vulkan): Dawn refuses it');
  });

  it('with --adapter that names none of them: the names are told', async () => {
    putVulkan();
    const records: ProbeRecord[] = [
      { stage: 'loaded' },
      { stage: 'listed', adapters: [adapter] },
      failed('no-adapter', 'no WebGPU adapter whose name contains "nvidia" was found', 'leave it out'),
    ];
    const { code, stdout } = await run('--json --adapter nvidia', { records });
    expect(code).toBe(69);
    const training = stdout.records().find(({ name }) => name === 'training');
    expect(training).toMatchObject({ verdict: 'wrong' });
    expect(training!.remedy).toContain('"llvmpipe (LLVM 19.1.7, 256 bits)"');
    expect(verdicts(stdout.records())).toMatchObject({ adapters: 'ok', Vulkan: 'ok' });
  });

  it('where a kernel computes wrongly: tensor, element and kernel are told', async () => {
    const fault: Fault = {
      run: 'kernel by kernel',
      kernel: 'dense_forward.tile',
      tensor: 'layer1',
      trial: 1,
      element: [2, 5],
      found: 'NaN',
      expected: 0.25,
      bound: 1e-6,
    };
    const wrong: ProbeRecord = { ...answer, worstShare: null, faults: [fault, fault] };
    const { code, stdout } = await run('', { records: fine.map((each) => (each === answer ? wrong : each)) });
    expect(code).toBe(69);
    expect(stdout.text()).toMatch(/layer1 is wrong: element \(2, 5\) of trial 1 is\s+NaN,\s+not\s+0\.25/);
    expect(stdout.text()).toContain('kernel: dense_forward.tile');
    expect(stdout.text()).toContain('do not train on this adapter');
  });

  test.each([
    [1, 'asking for them failed'],
    [2, 'opening the adapter crashed'],
    [3, 'the known steps crashed'],
  ])('where the driver crashes after %i answers: %s', async (count, what) => {
    const { code, stdout } = await run('', {
      records: fine.slice(0, count),
      exitCode: null,
      signal: 'SIGSEGV',
    });
    expect(code).toBe(69);
    expect(stdout.text().replaceAll(/\s+/g, ' ')).toContain(`${what}: the process was ended by SIGSEGV`);
  });

  it('where it takes too long', async () => {
    const { stdout } = await run('', { records: fine.slice(0, 3), exitCode: null, signal: null });
    expect(stdout.text()).toContain('longer than three minutes');
  });

  it('where the native module does not load: set-up explains why', async () => {
    const stderr = `node:internal/modules\n\nError: libc.so.6: version GLIBC_2.34 not found\n    at x\n`;
    const ask: World['ask'] = (_, args) =>
      Promise.resolve(args.at(-1)?.endsWith('find-adapter.js') ? 'webgpu needs glibc 2.34 or newer\n' : '');
    const { code, stdout } = await run('', { records: [], exitCode: 1, stderr }, { ask, glibc: '2.31' });
    expect(code).toBe(69);
    expect(stdout.text()).toContain('Error: libc.so.6: version GLIBC_2.34 not found');
    expect(stdout.text()).toContain('remedy: webgpu needs glibc 2.34 or newer');
    expect(stdout.text()).not.toMatch(/(adapters|training|timestamps) {2}/);
  });

  it('on musl', async () => {
    const { code, stdout } = await run('', { records: [], exitCode: 1 }, { glibc: undefined });
    expect(code).toBe(69);
    expect(stdout.text()).toMatch(/^wrong {4}system .*[^]*not glibc \(musl/m);
  });
});

test('Ctrl-C while the adapters are asked ends with 130', async () => {
  expect((await run('', {}, {}, AbortSignal.abort())).code).toBe(130);
});

test('other systems need no Vulkan', async () => {
  const { stdout } = await run('--json', {}, { platform: 'darwin', arch: 'arm64', glibc: undefined });
  expect(Object.keys(verdicts(stdout.records()))).not.toContain('Vulkan');
  expect(stdout.records().at(-1)).toMatchObject({ works: true });
});

describe('versions of Node', () => {
  const range = '^20.19.0 || ^22.12.0 || >=24.0.0';
  test.each([
    ['20.19.0', true],
    ['20.18.9', false],
    ['20.20.2', true],
    ['21.9.0', false],
    ['22.12.0', true],
    ['22.2.0', false],
    ['23.99.0', false],
    ['24.0.0', true],
    ['24.0.0-nightly', true],
    ['26.1.0', true],
    ['18.20.0', false],
  ])('%s: %s', (version, expected) => {
    expect(isInRange(version, range)).toBe(expected);
  });

  it('are judged by package.json, whose range is one that can be judged', () => {
    expect(checkNode(machine({ nodeVersion: process.versions.node })).verdict).toBe('ok');
    expect(checkNode(machine({ nodeVersion: '18.20.0' }))).toMatchObject({ verdict: 'wrong' });
    expect(isInRange('20.19.0', '20.x')).toBe(false);
  });
});

describe('driver manifests', () => {
  const manifest = (library: string): string =>
    JSON.stringify({ ICD: { api_version: '1.3.0', library_path: library } });

  it('are found where the loader looks, in its order', () => {
    const places = ['user/.config', 'etc/xdg', 'etc', 'user/.local/share', 'usr/local/share', 'usr/share'];
    const paths = places.map((place, i) => put(`${place}/vulkan/icd.d/${i}.json`, manifest('./lib.so')));
    expect(findManifests(machine()).manifests.map(({ path }) => path)).toEqual(paths);
  });

  it('follow XDG directories and VK_ADD_DRIVER_FILES', () => {
    const own = put('xdg/vulkan/icd.d/a.json', manifest('./lib.so'));
    const added = put('added.json', manifest('./lib.so'));
    const env = { XDG_DATA_DIRS: join(home, 'xdg'), VK_ADD_DRIVER_FILES: added };
    expect(findManifests(machine({ env })).manifests.map(({ path }) => path)).toEqual([added, own]);
  });

  it('are limited by VK_DRIVER_FILES, else by VK_ICD_FILENAMES; files or directories', () => {
    put('usr/share/vulkan/icd.d/lvp.json', manifest('./lib.so'));
    const [a, b] = [put('own/a.json', manifest('./a.so')), put('own/b.json', manifest('./b.so'))];
    put('own/a.so');
    const both = { VK_DRIVER_FILES: join(home, 'own'), VK_ICD_FILENAMES: '/ignored.json' };
    expect(findManifests(machine({ env: both }))).toMatchObject({
      override: 'VK_DRIVER_FILES',
      manifests: [
        { path: a, fault: null },
        { path: b, fault: './b.so is not in the usual directories' },
      ],
    });
    const old = findManifests(machine({ env: { VK_ICD_FILENAMES: `${a}:${home}/gone.json` } }));
    expect(old.manifests).toMatchObject([{ fault: null }, { fault: 'not there' }]);
  });

  it('that are damaged are told', async () => {
    put('etc/vulkan/icd.d/a.json', '{');
    put('etc/vulkan/icd.d/b.json', '{"ICD": {"api_version": "1.3.0"}}');
    const { verdict, found } = await checkDrivers(machine(), 'wrong');
    expect(verdict).toBe('wrong');
    expect(found).toHaveLength(2);
    expect(found[1]).toContain('names no library');
  });

  it('and a loader are only remarked where there is an adapter nevertheless', async () => {
    expect((await checkDrivers(machine(), 'warning')).verdict).toBe('warning');
    expect(checkLoader(machine(), 'warning').verdict).toBe('warning');
    putVulkan();
    expect((await checkDrivers(machine(), 'wrong')).verdict).toBe('ok');
  });
});

describe('GPU devices', () => {
  it('are not spoken of where there are none', () => {
    expect(checkDevices(machine(), false)).toBeUndefined();
  });

  it('that no adapter uses are remarked', () => {
    put('dev/dri/renderD128');
    put('dev/nvidia0');
    put('dev/nvidiactl');
    expect(checkDevices(machine(), true)).toMatchObject({ verdict: 'ok' });
    expect(checkDevices(machine(), false)).toMatchObject({
      verdict: 'warning',
      facts: { devices: [join(home, 'dev/dri/renderD128'), join(home, 'dev/nvidia0')] },
    });
  });

  it.skipIf(process.getuid?.() === 0)('that this account may not use are remarked', () => {
    chmodSync(put('dev/dri/renderD128'), 0);
    expect(checkDevices(machine(), false)!.remedy).toContain('render');
  });
});

describe("Dawn's list of adapters", () => {
  it('is read out of its refusal', () => {
    const message =
      "no suitable backends found\nAvailable adapters:\n * backend: 'vulkan', name: 'NVIDIA H200'\n" +
      " * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)'\n";
    expect(parseListing(message)).toEqual([
      { backend: 'vulkan', name: 'NVIDIA H200' },
      { backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    ]);
    expect(parseListing('no suitable backends found\nAvailable adapters:\n')).toEqual([]);
  });

  test.each([
    ['nvidia', 'NVIDIA H200', 'discrete'],
    ['nvidia', 'NVIDIA Tegra Orin', 'hardware'],
    ['intel', 'Intel(R) Arc(tm) A770', 'discrete'],
    ['intel', 'Intel(R) UHD Graphics 630', 'integrated'],
    ['apple', 'Apple M1 Max', 'integrated'],
    ['amd', 'AMD Radeon', 'hardware'],
    ['mesa', 'llvmpipe (LLVM 15)', 'software'],
  ])('%s %s is %s', (vendor, name, kind) => {
    const info = { vendor, device: name, description: name, architecture: '', isFallbackAdapter: false };
    expect(kindOf(info as GPUAdapterInfo, name)).toBe(kind);
  });
});

test('the resolution of timestamps is what all differences share', () => {
  expect(resolutionOf([1000n, 1064n, 1160n, 1032n])).toBe(32);
  expect(resolutionOf([5n, 5n])).toBeNull();
  expect(resolutionOf([7n])).toBeNull();
});

test('the synthetic set is what it is everywhere', () => {
  expect(checkSynthetic()).toMatchObject({ verdict: 'ok' });
});

describe('the probe process', () => {
  const program = (text: string): string[] => ['-e', text];
  const never = new AbortController().signal;

  it('is heard up to its crash', async () => {
    const line = `console.log(JSON.stringify({ stage: 'loaded' })); process.stdout.write('{"stage"');`;
    const outcome = await runProbeProcess(program(`${line} process.kill(process.pid, 'SIGKILL')`), never);
    expect(outcome).toMatchObject({ records: [{ stage: 'loaded' }], exitCode: null, signal: 'SIGKILL' });
  });

  it('is told from its driver, which may print anything', async () => {
    const outcome = await runProbeProcess(
      program(`console.log('MESA: hello'); console.log('{"stage":"ended"}'); console.error('why')`),
      never,
    );
    expect(outcome).toMatchObject({ records: [{ stage: 'ended' }], exitCode: 0, stderr: 'why\n' });
  });

  it('is stopped when it takes too long, or on Ctrl-C', async () => {
    const hang = program('setInterval(() => {}, 1000)');
    expect(await runProbeProcess(hang, never, 50)).toMatchObject({ exitCode: null, signal: null });
    expect((await runProbeProcess(hang, AbortSignal.timeout(50))).signal).toBe('SIGKILL');
  });
});
