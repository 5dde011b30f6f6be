import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Drops the unused modules of a package, although its manifest does not declare that this is safe. */
export function withoutSideEffects(packageName: string): Plugin {
  const folder = `/node_modules/${packageName}/`
  const resolving = Symbol(packageName)
  return {
    name: `without-side-effects:${packageName}`,
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, pluginData, ...how }) => {
        const concerns = path === packageName || (path.startsWith('.') && how.importer.includes(folder))
        if (!concerns || pluginData === resolving) return undefined
        const { importer, kind, namespace, resolveDir } = how
        const found = await build.resolve(path, { importer, kind, namespace, resolveDir, pluginData: resolving })
        return found.errors.length > 0 ? { errors: found.errors } : { path: found.path, sideEffects: false }
      })
    },
  }
}
