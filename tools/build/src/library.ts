import { defineConfig, type Options } from 'tsup'

/** tsup configuration of every published package: one ESM entry with types; workspace packages stay imports. */
export function library(overrides: Options = {}): Options {
  return defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node22',
    platform: 'node',
    dts: true,
    sourcemap: true,
    clean: true,
    silent: true,
    ...overrides,
    esbuildOptions: (options, context) => {
      // Imports for side effects from a package that declares none: the bundler would drop them.
      options.logOverride = { 'ignored-bare-import': 'error' }
      overrides.esbuildOptions?.(options, context)
    },
  }) as Options
}
