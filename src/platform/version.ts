import { platform } from './index.js';

interface PackageFile {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * The versions that a result depends on; `webgpu` is pinned exactly, so package.json names what is installed.
 */
export function versions(): {
  readonly 'wgsl-train': string;
  readonly webgpu: string;
  readonly node: string;
} {
  const { version, dependencies } = JSON.parse(platform.packageText('package.json')) as PackageFile;
  return { 'wgsl-train': version, webgpu: dependencies.webgpu ?? 'unknown', node: process.versions.node };
}
