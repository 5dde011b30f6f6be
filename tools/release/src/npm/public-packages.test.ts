import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { publicPackages } from './public-packages.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

it('are those with a README and access for all, and no private one', () => {
  const places = publicPackages().map(({ place }) => place)
  const others = globSync('{packages,apps}/*', { cwd: ROOT }).filter((place) => !places.includes(place))
  expect(places).toEqual(expect.arrayContaining(['apps/cli', 'apps/operator', 'packages/client', 'packages/core']))
  expect(others).toEqual(expect.arrayContaining(['apps/ui', 'packages/resource-view']))
  for (const place of places) {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, place, 'package.json'), 'utf8')) as object
    expect(manifest).toMatchObject({ publishConfig: { access: 'public' } })
    expect(existsSync(path.join(ROOT, place, 'README.md'))).toBe(true)
  }
})
