import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './workspaces.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Options of {@link importAlone}. */
export interface ImportAloneOptions {
  readonly names: readonly string[]
  /** Folder where all packages are installed. */
  readonly home: string
  /** New folder that is not below `home`, whose packages would be found. */
  readonly to: string
}

/**
 * Imports each of these packages in a folder that has only the package and its direct and transitive dependencies.
 * @returns the number of exports, or the error, by package
 */
export async function importAlone({ names, home, to }: ImportAloneOptions): Promise<Readonly<Record<string, unknown>>> {
  const scripts = names.map((name, index) => {
    const folder = path.join(to, String(index))
    for (const each of closureOf(name, home)) {
      const link = path.join(folder, 'node_modules', each)
      mkdirSync(path.dirname(link), { recursive: true })
      symlinkSync(path.join(home, 'node_modules', each), link)
    }
    const script = path.join(folder, 'import.mjs')
    writeFileSync(script, `import * as all from '${name}'\nexport const count = Object.keys(all).length\n`)
    return [name, script] as const
  })
  const main = path.join(to, 'main.mjs')
  writeFileSync(
    main,
    `const found = {}
for (const [name, script] of ${JSON.stringify(scripts)})
  found[name] = await import(script).then(({ count }) => count, (error) => String(error))
console.log(JSON.stringify(found))
process.exit()
`,
  )
  return JSON.parse(await run('node', ['--preserve-symlinks', main], to)) as Record<string, unknown>
}

function closureOf(name: string, home: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  const file = path.join(home, 'node_modules', name, 'package.json')
  if (seen.has(name) || !existsSync(file)) return seen
  seen.add(name)
  const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  for (const each of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }))
    closureOf(each, home, seen)
  return seen
}
