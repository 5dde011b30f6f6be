import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { goModules } from './go-modules.ts'
import { LICENCES } from './licences.ts'
import { billOfMaterials } from './sbom.ts'
import { lockedPackages, shippedPackages } from './shipped-packages.ts'
import { ROOT, workspaces } from './workspaces.ts'

/** Packages with an install script: review a new one, and deny it in `allowScripts`. */
const INSTALL_SCRIPTS = ['@alicloud/openapi-core', 'esbuild', 'nx']

describe('the lockfile', () => {
  const locked = Object.entries(lockedPackages()).filter(
    ([where, { link }]) => where.includes('node_modules/') && !link,
  )

  it('has a checksum for each package, and only packages of the registry', () => {
    expect(locked.length).toBeGreaterThan(100)
    expect(locked.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))).toEqual([])
    expect(locked.filter(([, { resolved = 'https:' }]) => !resolved.startsWith('https:'))).toEqual([])
  })

  it('has no unknown package with an install script, and none of the known ones may run', () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([where]) => where)
    const names = scripted.map((where) => where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length))
    expect([...new Set(names)].toSorted()).toEqual(INSTALL_SCRIPTS)
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { allowScripts: object }
    expect(Object.values(manifest.allowScripts)).not.toContain(true)
  })
})

describe('what is shipped', () => {
  const shipped = shippedPackages()

  it('is in the bill of materials: our packages, the official SDK, and their dependencies', () => {
    const refs = shipped.map(({ name, version }) => `${name}@${version}`)
    const names = shipped.map(({ name }) => name)
    const wanted = ['@alicloud/kms20160120', 'undici', 'zod', ...workspaces().map(({ name }) => name)]
    expect(names).toEqual(expect.arrayContaining(wanted))
    expect(names).not.toContain('vitest')
    expect(shipped.flatMap(({ needs }) => needs).filter((need) => !refs.includes(need))).toEqual([])
    expect(billOfMaterials()).toMatchObject({
      bomFormat: 'CycloneDX',
      components: expect.arrayContaining([
        expect.objectContaining({
          name: '@alicloud/kms20160120',
          purl: expect.stringMatching(/^pkg:npm\/%40alicloud\/kms20160120@\d/) as unknown,
          hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) as unknown }],
          licenses: [{ license: { id: 'Apache-2.0' } }],
        }),
      ]) as unknown,
    })
  })

  it('has only accepted licences', () => {
    const isTaken = (licence: string): boolean => LICENCES.includes(licence)
    expect(isTaken('GPL-3.0-only')).toBe(false)
    const all = [...shipped, ...goModules()]
    expect(all.filter(({ licence }) => !isTaken(licence)).map((each) => [each.name, each.licence])).toEqual([])
  })
})

describe('the bill of materials', () => {
  const bill = billOfMaterials()
  const { metadata, components, dependencies } = bill
  const refs = components.map((each) => each['bom-ref'])

  it('has the Go modules of the template engine, with their checksums', () => {
    const required = readFileSync(path.join(ROOT, 'packages/go-template/go/go.mod'), 'utf8')
    const wanted = [...required.matchAll(/^\t(\S+) (v\S+)/gm)].map(([, name, version]) => `${name}@${version}`)
    const ofGo = components.filter(({ purl }) => purl?.startsWith('pkg:golang/'))
    expect(wanted.length).toBeGreaterThan(5)
    expect(ofGo.map((each) => each['bom-ref']).toSorted()).toEqual([
      ...wanted.toSorted(),
      expect.stringMatching(/^stdlib@1\./),
    ])
    const checked = ofGo.filter(({ properties }) => /"h1:[\w+/]{43}="/.test(JSON.stringify(properties)))
    expect(checked.length).toBe(wanted.length)
    const engine = dependencies.find(({ ref }) => ref.startsWith('@ack-secret-manager/go-template@'))
    expect(engine?.dependsOn).toEqual(expect.arrayContaining(wanted))
  })

  it('is valid CycloneDX 1.5: format, names, unique components, valid references', () => {
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 })
    const all = [...components, ...metadata.tools.components, metadata.component]
    expect(all.filter(({ type, name, version }) => !type || !name || !version)).toEqual([])
    expect(components.filter(({ purl = '' }) => !/^pkg:(?:npm|golang)\/[^@]+@[^@]+$/.test(purl))).toEqual([])
    const known = new Set(all.map((each) => each['bom-ref']))
    expect(known.size).toBe(all.length)
    expect(dependencies.map(({ ref }) => ref).toSorted()).toEqual([...refs, metadata.component['bom-ref']].toSorted())
    for (const { dependsOn } of dependencies) {
      expect(dependsOn.filter((ref) => !known.has(ref))).toEqual([])
      expect(new Set(dependsOn).size).toBe(dependsOn.length)
    }
  })

  it('is reproducible', () => expect(billOfMaterials()).toEqual(bill))
})
