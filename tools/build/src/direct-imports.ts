import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const SCOPE = '@ack-secret-manager/'
const IMPORT = /^import \{([^}]*)\} from '(@ack-secret-manager\/[a-z0-9-]+)'/gm
const RE_EXPORT = /^export \{([^}]*)\} from '(\.[^']+)'/gm

/** Where a package defines a name that its index exports. */
interface Definition {
  readonly file: string
  readonly name: string
}

/**
 * Imports names of workspace packages from the file that defines them. esbuild counts everything that an index mentions as reachable, so
 * that with chunks a command loads all of each package that it imports one name of.
 */
export function directImports(): Plugin {
  const indexes = new Map<string, ReadonlyMap<string, Definition> | undefined>()
  const definitionsOf = (packageName: string, importer: string): ReadonlyMap<string, Definition> | undefined => {
    if (!indexes.has(packageName)) indexes.set(packageName, readIndex(packageName, importer))
    return indexes.get(packageName)
  }
  return {
    name: 'direct-imports',
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8')
        if (!text.includes(SCOPE)) return undefined
        return { contents: withDirectImports(text, file, (name) => definitionsOf(name, file)), loader: 'ts' }
      })
    },
  }
}

/**
 * The module `file` with its imports of indexes replaced, line by line. The paths are relative, so that the names of chunks, which
 * are hashes of the sources too, do not depend on the folder of the checkout.
 */
export function withDirectImports(
  text: string,
  file: string,
  definitionsOf: (packageName: string) => ReadonlyMap<string, Definition> | undefined,
): string {
  return text.replaceAll(IMPORT, (statement, list: string, packageName: string) => {
    const definitions = definitionsOf(packageName)
    if (definitions === undefined) return statement
    const imports = specifiersOf(list).map(({ name, local }) => {
      const found = definitions.get(name)
      return found === undefined
        ? `import { ${name} as ${local} } from '${packageName}'`
        : `import { ${found.name} as ${local} } from ${JSON.stringify(relativePath(file, found.file))}`
    })
    // Positions in the source map stay correct.
    return imports.join('; ') + '\n'.repeat(statement.split('\n').length - 1)
  })
}

/** Names that an index exports; undefined if loading the package may have an effect. */
function readIndex(packageName: string, importer: string): ReadonlyMap<string, Definition> | undefined {
  const manifest = createRequire(importer).resolve(`${packageName}/package.json`)
  const { sideEffects } = JSON.parse(readFileSync(manifest, 'utf8')) as { sideEffects?: unknown }
  if (sideEffects !== false) return undefined
  const directory = path.join(path.dirname(manifest), 'src')
  const definitions = new Map<string, Definition>()
  for (const [, list = '', file = ''] of readFileSync(path.join(directory, 'index.ts'), 'utf8').matchAll(RE_EXPORT)) {
    for (const { name, local } of specifiersOf(list)) definitions.set(local, { file: path.join(directory, file), name })
  }
  return definitions
}

function relativePath(from: string, to: string): string {
  const relative = path.relative(path.dirname(from), to)
  return relative.startsWith('.') ? relative : `./${relative}`
}

/** Values of a list of specifiers, without types. */
function specifiersOf(list: string): ReadonlyArray<{ readonly name: string; readonly local: string }> {
  return list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('type '))
    .map((each) => {
      const [name = '', local = name] = each.split(/\s+as\s+/)
      return { name, local }
    })
}
