import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { LICENCES } from './licences.ts'
import { lockedPackages, refOf, shippedPackages } from './shipped-packages.ts'
import { ROOT, run, workspaces } from './workspaces.ts'

const NOTICES = 'THIRD-PARTY-NOTICES.txt'
const PROGRAMS = workspaces().filter(({ layer }) => layer === 'app')

/** `name@version` of the packages in a bundle, according to its source maps. */
function mappedPackages(dist: string): readonly string[] {
  const locked = lockedPackages()
  const sources = globSync('*.map', { cwd: dist }).flatMap((file) => {
    const map = JSON.parse(readFileSync(path.join(dist, file), 'utf8')) as { readonly sources: readonly string[] }
    return map.sources.map((source) => path.relative(ROOT, path.resolve(dist, source)))
  })
  const places = new Set(sources.flatMap((source) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []))
  return [...places].map((place) => {
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    return refOf({ name, version: locked[place]?.version ?? 'of no version in the lockfile' })
  })
}

describe.each(PROGRAMS.map(({ name, directory }) => [name, directory]))('the notices of %s', (_name, directory) => {
  const dist = path.join(directory, 'dist')
  const parts = readFileSync(path.join(dist, NOTICES), 'utf8').split(/^={80}\n\n/m)
  const named = parts.flatMap((part) => {
    const [heads = '', ...text] = part.split('\n\n')
    const found = [...heads.matchAll(/^(\S+) (\S+) \((.+)\)$/gm)]
    return found.map(([, name = '', version = '', licence = '']) => ({
      name,
      version,
      licence,
      text: text.join('\n\n'),
    }))
  })

  it('name every package that the source maps name', () => {
    const mapped = mappedPackages(dist)
    expect(mapped.length).toBeGreaterThan(30)
    expect(mapped).toEqual(expect.arrayContaining([expect.stringMatching(/^zod@/), expect.stringMatching(/^undici@/)]))
    const refs = named.map(refOf)
    expect(mapped.filter((ref) => !refs.includes(ref))).toEqual([])
  })

  it('have the text of an accepted licence for each package', () => {
    expect(named.filter(({ licence }) => !LICENCES.includes(licence))).toEqual([])
    // The shortest licence is ISC.
    expect(named.filter(({ text }) => text.length < 600).map(refOf)).toEqual([])
  })

  it('name only components of the bill of materials', () => {
    const shipped = new Map(shippedPackages().map((each) => [refOf(each), each.licence]))
    expect(named.filter((each) => shipped.get(refOf(each)) !== each.licence)).toEqual([])
  })

  it('are packed, with those of the template engine', async () => {
    const packed = await run('npm', ['pack', '--dry-run', '--json'], directory)
    for (const file of [NOTICES, 'go-template.wasm.LICENSES.txt']) expect(packed).toContain(`"dist/${file}"`)
    expect(packed).not.toContain('LEGAL.txt')
  }, 180_000)
})
