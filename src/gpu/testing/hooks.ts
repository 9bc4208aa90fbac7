/** Resolves the package `webgpu` to substitute.js, which is told where the real one is. */
import type { ResolveHook } from 'node:module';

export const resolve: ResolveHook = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  if (specifier !== 'webgpu') return resolved;
  const substitute = new URL('./substitute.js', import.meta.url);
  substitute.searchParams.set('real', resolved.url);
  return { url: substitute.href, shortCircuit: true };
};
