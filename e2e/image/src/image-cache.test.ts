import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { dropOldImages, entryName } from './image-cache.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.parse('2030-05-02T00:01:00Z')

it('reuses an image until the end of the day', () => {
  const name = entryName('ab12', NOW_MS)
  expect(name).toBe('built-image-ab12-2030-05-02')
  expect(entryName('ab12', NOW_MS + 23 * HOUR_MS)).toBe(name)
  expect(entryName('ab12', NOW_MS + 24 * HOUR_MS)).not.toBe(name)
  expect(entryName('ab13', NOW_MS)).not.toBe(name)
})

it('keeps an image that another checkout may still copy, and what is not an image', async () => {
  const cache = await mkdtemp(path.join(tmpdir(), 'acksm-image-cache-'))
  const ages = {
    'built-image-ab12-2030-05-01': 24,
    'built-image-ab12-2030-04-29': 49,
    'built-image-ab12': 49,
    'built-image-ab12-2030-04-29.partial-x': 49,
    'control-plane-k8s-1.36.3': 49,
  }
  for (const [name, hours] of Object.entries(ages)) {
    const seconds = (NOW_MS - hours * HOUR_MS) / 1000
    await mkdir(path.join(cache, name))
    await utimes(path.join(cache, name), seconds, seconds)
  }
  await dropOldImages(cache, NOW_MS)
  const kept = ['built-image-ab12-2030-04-29.partial-x', 'built-image-ab12-2030-05-01', 'control-plane-k8s-1.36.3']
  expect((await readdir(cache)).toSorted()).toEqual(kept)
  await rm(cache, { recursive: true })
})
