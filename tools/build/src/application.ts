import type { Options } from 'tsup'
import { leanerModules } from './leaner-modules.ts'
import { library } from './library.ts'
import { thirdPartyNotices } from './third-party-notices.ts'
import { withoutSideEffects } from './without-side-effects.ts'

/** tsup configuration of a program: one file that holds all it needs, so that it starts anywhere, fast and small. */
export function application(overrides: Options = {}): Options {
  return library({
    dts: false,
    noExternal: [/.*/],
    esbuildOptions: (options) => {
      // Of the packages of this workspace their sources: nothing needs to be built before, and nothing can be out of date.
      // 'module' is esbuild's own, which it leaves out when it is given others.
      options.conditions = ['@ack-secret-manager/source', 'module']
      // debug takes it where it is installed, as our development tools have it: the bundle must not depend on that.
      options.external = [...(options.external ?? []), 'supports-color']
      // V8 keeps the source in memory as long as the process lives, with two bytes a character if one of them needs two.
      options.charset = 'ascii'
      options.minifyWhitespace = true
    },
    // Its models of all kinds of Kubernetes, 17 MB, are only needed by callers of its typed clients.
    esbuildPlugins: [withoutSideEffects('@kubernetes/client-node'), leanerModules(), thirdPartyNotices()],
    // Bundled CommonJS packages ask for `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    ...overrides,
  })
}
