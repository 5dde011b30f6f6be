import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { billOfMaterials } from './sbom.ts'
import { lockedPackages, shippedPackages } from './shipped-packages.ts'
import { ROOT, workspaces } from './workspaces.ts'

/**
 * Licences that ask for no more than to be named, MPL, which covers files that we leave as they are, and two that are written in
 * another way: of node-forge's choice we take BSD.
 */
const LICENCES = [
  '(BSD-3-Clause OR GPL-2.0)',
  'Apache License 2.0',
  'Apache-2.0',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'PSF-2.0',
  'Unlicense',
]
/** Packages that would run a script when they are installed: a new one is to be looked at, and refused in `allowScripts`. */
const INSTALL_SCRIPTS = ['@alicloud/openapi-core', 'esbuild', 'nx']

describe('the lockfile', () => {
  const locked = Object.entries(lockedPackages()).filter(
    ([where, { link }]) => where.includes('node_modules/') && !link,
  )

  it('has a checksum for each package, and takes none from elsewhere than the registry', () => {
    expect(locked.length).toBeGreaterThan(100)
    expect(locked.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))).toEqual([])
    expect(locked.filter(([, { resolved = 'https:' }]) => !resolved.startsWith('https:'))).toEqual([])
  })

  it('has no package with an install script but those that are known, and none of them may run', () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([where]) => where)
    const names = scripted.map((where) => where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length))
    expect(names.toSorted()).toEqual(INSTALL_SCRIPTS)
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { allowScripts: object }
    expect(Object.values(manifest.allowScripts)).not.toContain(true)
  })
})

describe('what is shipped', () => {
  const shipped = shippedPackages()

  it('is in the bill of materials: our packages, the official SDK, and all that they need', () => {
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

  it('has only licences that we take', () => {
    const isTaken = (licence: string): boolean => LICENCES.includes(licence)
    expect(isTaken('GPL-3.0-only')).toBe(false)
    expect(shipped.filter(({ licence }) => !isTaken(licence)).map((each) => [each.name, each.licence])).toEqual([])
  })
})
