import type { Options } from 'tsup'
import { directImports } from './direct-imports.ts'
import { leanerModules } from './leaner-modules.ts'
import { library } from './library.ts'
import { thirdPartyNotices } from './third-party-notices.ts'
import { withoutSideEffects } from './without-side-effects.ts'

/** tsup configuration of a program: one file with all dependencies, which starts fast, uses little memory, and runs anywhere. */
export function application(overrides: Options = {}): Options {
  return library({
    dts: false,
    noExternal: [/.*/],
    esbuildOptions: (options) => {
      // Bundles the sources of workspace packages, so that no outdated build can be used.
      // 'module' is a default of esbuild that custom conditions replace.
      options.conditions = ['@ack-secret-manager/source', 'module']
      // debug uses it if it is installed, for example by development tools; the bundle must not depend on that.
      options.external = [...(options.external ?? []), 'supports-color']
      // V8 keeps the source in memory, with two bytes per character if any character needs two.
      options.charset = 'ascii'
      options.minifyWhitespace = true
    },
    // Its models of all Kubernetes kinds, 17 MB, are only needed by callers of its typed clients.
    esbuildPlugins: [
      withoutSideEffects('@kubernetes/client-node'),
      directImports(),
      leanerModules(),
      thirdPartyNotices(),
    ],
    // Bundled CommonJS packages call `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    ...overrides,
  })
}
