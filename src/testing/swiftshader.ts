/** SwiftShader, Chromium's own software adapter: the same in Node and in a page. */
import { existsSync } from 'node:fs';

/** Where Debian's chromium has its Vulkan driver, for the environment variable VK_DRIVER_FILES. */
export const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Why Node cannot compute on it here; null: it can. */
export const swiftshaderMissing: string | null = existsSync(swiftshader)
  ? null
  : `SwiftShader is not installed: there is no ${swiftshader} (Debian: apt-get install chromium)`;
