import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { hasCommand, repository, runSetup } from './testing/sandbox.js';

const script = join(repository, 'scripts/setup.sh');
const osRelease = (id: string, version: string, codename: string) =>
  `ID=${id}\nVERSION_ID="${version}"\nVERSION_CODENAME=${codename}\nPRETTY_NAME="${id} ${version}"\n`;
const debian12 = osRelease('debian', '12', 'bookworm');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const debianSources = `Types: deb deb-src
# a snapshot
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: ${keyring}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: ${keyring}
`;
const bookworm = { 'os-release': debian12, 'apt/sources.list.d/debian.sources': debianSources };
const installFromBackports =
  'apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-remove --no-install-recommends -t bookworm-backports libvulkan1 mesa-vulkan-drivers';

describe('setup.sh on any system', () => {
  it('is executable and well-formed', () => {
    expect(statSync(script).mode & 0o111).toBe(0o111);
    for (const shell of ['sh', 'dash', 'bash'].filter(hasCommand))
      expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' }), shell).toMatchObject({
        status: 0,
        stderr: '',
      });
  });

  it('takes the versions of Node that package.json states, and no others', () => {
    const { engines } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('^20.19.0 || ^22.12.0 || >=24.0.0');
    for (const version of ['v20.19.0', 'v20.20.2', 'v22.12.0', 'v22.99.1', 'v24.0.0', 'v25.1.0', 'v100.0.0'])
      expect(runSetup({ driver: true, env: { FAKE_NODE: version } }), version).toMatchObject({ status: 0 });
    for (const version of [
      'v8.17.0',
      'v18.20.8',
      'v20.18.3',
      'v21.9.0',
      'v22.11.0',
      'v23.11.1',
      'nonsense',
    ]) {
      const { status, stderr, calls } = runSetup({ driver: true, env: { FAKE_NODE: version } });
      expect({ status, calls }, version).toEqual({ status: 1, calls: [] });
      expect(stderr).toContain(`step 1/3 Node: node ${version} is not supported`);
      expect(stderr).toContain('remedy: needs Node 20.19');
    }
  });

  it.each(['sh', 'dash', 'bash'].filter(hasCommand))(
    'changes nothing where nothing is missing (%s)',
    (shell) => {
      const { status, stdout, stderr, calls, etc } = runSetup({ driver: true, etc: bookworm, shell });
      expect({ status, stderr, calls, etc }).toEqual({ status: 0, stderr: '', calls: [], etc: bookworm });
      expect(stdout.trim().split('\n').at(-1)).toBe(
        'setup: ready on Fake Vulkan (software); next: node scripts/train.js --exp 6   or: npm test',
      );
    },
  );

  it('installs packages with npm ci, and builds alone where only the build is missing', () => {
    const packages = runSetup({ driver: true, env: { FAKE_MISSING: 'packages: node_modules is missing' } });
    expect(packages).toMatchObject({ status: 0, calls: ['npm ci --include=dev --no-audit --no-fund'] });
    const build = runSetup({ driver: true, env: { FAKE_MISSING: 'build: dist/index.js is missing' } });
    expect(build).toMatchObject({ status: 0, calls: ['npm run build'] });
  });

  it('builds after an npm ci that ran no scripts', () => {
    const env = { FAKE_MISSING: 'packages: none', FAKE_MISSING_AFTER: 'build: dist/index.js is missing' };
    const { status, stderr, calls } = runSetup({ driver: true, env });
    expect(calls).toEqual(['npm ci --include=dev --no-audit --no-fund', 'npm run build']);
    expect(status).toBe(1);
    expect(stderr).toContain('still not complete: build: dist/index.js is missing');
  });

  it('names the step when npm fails', () => {
    const env = { FAKE_MISSING: 'packages: node_modules is missing', FAKE_NPM_STATUS: '7' };
    const { status, stderr } = runSetup({ driver: true, env });
    expect(status).toBe(1);
    expect(stderr).toContain('FAILED in step 2/3 packages and build: npm ci did not succeed');
  });
});

describe('setup.sh without an adapter, where it may install', () => {
  it('takes the driver from backports on Debian 12, through the mirror and keyring in use', () => {
    const { status, stdout, calls, etc } = runSetup({ etc: bookworm });
    expect(status).toBe(0);
    expect(calls).toEqual(['apt-get -q -o DPkg::Lock::Timeout=120 update', installFromBackports]);
    const { 'apt/sources.list.d/wgsl-train-backports.sources': added, ...others } = etc;
    expect(others).toEqual(bookworm);
    expect(added?.replace(/^#.*\n/, '')).toBe(
      `Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: ${keyring}\n`,
    );
    expect(stdout).toContain("no adapter was found and Dawn refuses the release's own Mesa 22.3");
    expect(stdout).toContain('ready on Fake Vulkan (software)');
  });

  it('keeps a key that is written into the source', () => {
    const key =
      'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----';
    const { etc } = runSetup({
      etc: { ...bookworm, 'apt/sources.list.d/debian.sources': debianSources.replace(/Signed-By.*/, key) },
    });
    expect(etc['apt/sources.list.d/wgsl-train-backports.sources']).toContain(`main\n${key}\n`);
  });

  it('reads one-line sources, and no vendor whose suite has the same name', () => {
    const { status, etc } = runSetup({
      etc: {
        'os-release': debian12,
        'apt/sources.list': `#deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=${keyring}] http://mirror.example/debian/ bookworm main non-free # all of it
`,
        'apt/sources.list.d/a.list': 'deb https://vendor.example/debian bookworm main\n',
        'apt/sources.list.d/b.list.save': 'deb http://mirror.example/debian bookworm-backports main\n',
        'apt/sources.list.d/c.sources':
          'Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n',
      },
    });
    expect(status).toBe(0);
    expect(etc['apt/sources.list.d/wgsl-train-backports.list']?.replace(/^#.*\n/, '')).toBe(
      `deb [arch=amd64 signed-by=${keyring}] http://mirror.example/debian/ bookworm-backports main\n`,
    );
  });

  it('adds no source where backports are configured already', () => {
    const etc = {
      ...bookworm,
      'apt/sources.list': 'deb http://mirror.example/debian bookworm-backports main\n',
    };
    const result = runSetup({ etc });
    expect(result).toMatchObject({ status: 0 });
    expect(result.etc).toEqual(etc);
    expect(result.calls.at(-1)).toBe(installFromBackports);
  });

  it('refuses where it finds no source of the Debian archive', () => {
    const etc = {
      'os-release': debian12,
      'apt/sources.list.d/a.list': 'deb https://vendor.example/debian bookworm main\n',
    };
    const result = runSetup({ etc });
    expect(result).toMatchObject({ status: 69, calls: [] });
    expect(result.etc).toEqual(etc);
    expect(result.stderr).toContain("no source of Debian's archive (suite bookworm, component main)");
  });

  it('shows what apt said and takes its source back when the installation fails', () => {
    const result = runSetup({ etc: bookworm, env: { FAKE_APT_ERROR: 'E: mirror on fire' } });
    expect(result).toMatchObject({ status: 69 });
    expect(result.etc).toEqual(bookworm);
    expect(result.stderr).toMatch(/step 3\/3 WebGPU adapter: apt-get could not install[^]*E: mirror on fire/);
  });

  it.each([
    ['debian', '13', 'trixie'],
    ['debian', '', 'forky'],
    ['ubuntu', '22.04', 'jammy'],
    ['ubuntu', '24.04', 'noble'],
  ])("takes the release's own driver on %s %s", (id, version, codename) => {
    const etc = { 'os-release': osRelease(id, version, codename) };
    const result = runSetup({ etc });
    expect(result).toMatchObject({ status: 0 });
    expect(result.etc).toEqual(etc);
    expect(result.calls.at(-1)).toBe(installFromBackports.replace(' -t bookworm-backports', ''));
  });

  it('goes through sudo where it is not root', () => {
    const { status, calls, etc } = runSetup({ etc: bookworm, env: { FAKE_UID: '1000', FAKE_SUDO: 'yes' } });
    expect(status).toBe(0);
    expect(calls).toContain(`sudo env DEBIAN_FRONTEND=noninteractive ${installFromBackports}`);
    expect(etc).toHaveProperty(['apt/sources.list.d/wgsl-train-backports.sources']);
  });
});

describe('setup.sh without an adapter, where it may not install', () => {
  it.each([
    ['it is told not to', { WGSL_TRAIN_NO_INSTALL: '1' }, 'WGSL_TRAIN_NO_INSTALL=1 is set'],
    ['it is not root', { FAKE_UID: '1000' }, 'neither root nor an account that may use sudo'],
    ['another setting hides the driver', { VK_DRIVER_FILES: '/none' }, 'VK_DRIVER_FILES=/none'],
  ])('changes nothing and says what to install: %s', (_, env, reason) => {
    const result = runSetup({ etc: bookworm, env });
    expect(result).toMatchObject({ status: 69, calls: [] });
    expect(result.etc).toEqual(bookworm);
    expect(result.stderr).toContain('FAILED in step 3/3 WebGPU adapter: no WebGPU adapter');
    expect(result.stderr).toContain(reason);
    expect(result.stderr).toContain('-t bookworm-backports libvulkan1 mesa-vulkan-drivers');
  });

  it.each([
    ['fedora', 'Linux', 'dnf install vulkan-loader mesa-vulkan-drivers'],
    ['arch', 'Linux', 'pacman -S vulkan-icd-loader vulkan-swrast'],
    ['opensuse-tumbleweed', 'Linux', 'zypper install'],
    ['linuxmint', 'Linux', 'apt-get install --no-install-recommends libvulkan1 mesa-vulkan-drivers'],
    ['slackware', 'Linux', 'install the Vulkan loader (libvulkan.so.1)'],
    ['', 'Darwin', 'Metal'],
    ['', 'MINGW64_NT-10.0', 'Direct3D 12'],
  ])('says what to install elsewhere: %s %s', (id, system, remedy) => {
    const etc: Record<string, string> = id === '' ? {} : { 'os-release': osRelease(id, '1', 'one') };
    const result = runSetup({ etc, env: { FAKE_SYSTEM: system } });
    expect(result).toMatchObject({ status: 69, calls: [] });
    expect(result.etc).toEqual(etc);
    expect(result.stderr).toContain('only Debian and Ubuntu are set up automatically');
    expect(result.stderr).toContain(remedy);
  });

  it.runIf(process.platform === 'linux')('shows what the real probe said', () => {
    const env = { FAKE_PROBE: 'real', VK_DRIVER_FILES: '/no/such/driver.json', WGSL_TRAIN_NO_INSTALL: '1' };
    const result = runSetup({ etc: bookworm, env });
    expect(result).toMatchObject({ status: 69, calls: [] });
    expect(result.etc).toEqual(bookworm);
    expect(result.stderr).toContain('ended with status 1');
  });
});
