import path from 'node:path'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Replacements in a bundle for modules that load much unused code, by package and file. */
const LEANER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Connections only. The rest (fetch, caches, mocks, SQLite) uses 10 MB of memory in every process.
  // An ES module, so that the build fails if something else is imported.
  undici: {
    'index.js': `
      import Dispatcher from './lib/dispatcher/dispatcher'
      import api from './lib/api'
      Object.assign(Dispatcher.prototype, api)
      export { Dispatcher }
      export { default as Agent } from './lib/dispatcher/agent'
      export { default as ProxyAgent } from './lib/dispatcher/proxy-agent'
      export { default as buildConnector } from './lib/core/connect'
      export { default as errors } from './lib/core/errors'
      export const fetch = (...request) => globalThis.fetch(...request)`,
  },
  // Messages in fifty languages; English is loaded separately.
  zod: { 'v4/locales/index.js': 'export {}' },
}

/** Replaces modules that are mostly unused. The build fails if the structure of the package has changed. */
export function leanerModules(): Plugin {
  const files = Object.entries(LEANER).flatMap(([name, modules]) =>
    Object.entries(modules).map(([file, contents]) => ({ end: `/node_modules/${name}/${file}`, contents })),
  )
  return {
    name: 'leaner-modules',
    setup(build) {
      build.onLoad({ filter: /[\\/]node_modules[\\/](?:undici|zod)[\\/]/ }, (args) => {
        const file = args.path.replaceAll('\\', '/')
        const found = files.find(({ end }) => file.endsWith(end))
        return found && { contents: found.contents, loader: 'js', resolveDir: path.dirname(args.path) }
      })
    },
  }
}
