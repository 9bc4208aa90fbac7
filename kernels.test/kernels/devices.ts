/** The devices that the kernels' tests run on, by mode; see src/testing/modes.ts. */
import { expect } from 'vitest';
import { type Gpu, openGpu, readBuffer, storageBuffer } from '../../src/gpu/index.js';
import type { DeviceMode } from '../../src/testing/modes.js';
import { swiftshader, swiftshaderMissing } from '../../src/testing/swiftshader.js';

/** Why a mode cannot run here; null: it can. */
export function whyNot(mode: DeviceMode): string | null {
  return mode === 'swiftshader' ? swiftshaderMissing : null;
}

/** Opens the device of a mode, and makes sure that it is one. */
export async function openDevice(mode: DeviceMode): Promise<Gpu> {
  switch (mode) {
    case 'usual':
      return openGpu();
    case 'poisoned':
      return openPoisoned();
    case 'swiftshader':
      return openSwiftshader();
    case 'no-subgroups':
      return openWithoutSubgroups();
  }
}

/** Fresh buffers hold garbage, where WebGPU otherwise has zeros, which hide what nobody wrote. */
async function openPoisoned(): Promise<Gpu> {
  const gpu = await openGpu({
    instanceOptions: [
      'enable-dawn-features=nonzero_clear_resources_on_creation_for_testing',
      'disable-dawn-features=lazy_clear_resource_on_first_use',
    ],
  });
  // Dawn takes unknown toggles in silence.
  const fresh = storageBuffer(gpu, 'fresh', 4096);
  const words = new Uint32Array(await readBuffer(gpu, fresh));
  gpu.release(fresh);
  expect(new Set(words), 'fresh buffers are not poisoned: this run would show nothing').toEqual(
    new Set([0x0101_0101]),
  );
  return gpu;
}

async function openSwiftshader(): Promise<Gpu> {
  // The loader reads it when the first instance is made, which is this one: each test file is a process.
  process.env.VK_DRIVER_FILES = swiftshader;
  const gpu = await openGpu();
  expect(`${gpu.description} ${gpu.info.architecture}`, 'another adapter was opened').toMatch(/swiftshader/i);
  return gpu;
}

async function openWithoutSubgroups(): Promise<Gpu> {
  const gpu = await openGpu({ features: [] });
  expect([...gpu.device.features], 'the device has subgroups').not.toContain('subgroups');
  expect(gpu.traits.subgroupSize).toBe(null);
  return gpu;
}
