import type { Options } from 'tsup'
import { library } from './library.ts'

/** tsup configuration of a program: one file that holds all it needs, so that it starts anywhere, fast and small. */
export function application(overrides: Options = {}): Options {
  return library({
    dts: false,
    sourcemap: false,
    noExternal: [/.*/],
    // Bundled CommonJS packages ask for `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    ...overrides,
  })
}
