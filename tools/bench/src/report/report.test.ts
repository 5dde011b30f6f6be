import { expect, it } from 'vitest'
import { exampleResult } from './example-result.ts'
import { renderFlatness, renderProfile, renderResult } from './report.ts'

it('prints figures and goals of a run', () => {
  const text = renderResult(exampleResult())
  expect(text).toContain('1000 ExternalSecrets on 1000 secrets, interval 60 s, KMS latency 5 ms')
  expect(text).toMatch(/bare loader +4\.00 s +250\/s, 16 at once/)
  expect(text).toMatch(/first sync +4\.35 s +230\/s, 1\.09 × loader/)
  expect(text).toMatch(
    / {2}API requests +3001 +1001 create secrets, 1000 patch externalsecrets\/status, 1000 create events/,
  )
  expect(text).toMatch(/ {2}API requests +0 +none/)
  expect(text).toMatch(/peak RSS +140 MiB +≤ 150 MiB +met/)
  expect(text).not.toContain('MISSED')
})

it('marks a goal that is missed', () => {
  const result = exampleResult()
  expect(renderResult({ ...result, memory: { peakRssMiB: 200, quietRssMiB: 190 } })).toMatch(/peak RSS .* MISSED/)
})

it('compares two sizes', () => {
  expect(renderFlatness([exampleResult()])).toBe('')
  expect(renderFlatness([exampleResult(), exampleResult(10_000)])).toMatch(
    /first sync, CPU a resource, 1000 → 10000 +2\.50 → 2\.50 ms/,
  )
})

it('prints the largest costs of a profile', () => {
  const costs = ['parse', 'send', 'sync', 'rest'].map((what, index) => ({
    what,
    seconds: 4 - index,
    share: (4 - index) / 10,
  }))
  const text = renderProfile({ busySeconds: 10, functions: costs, modules: costs })
  expect(text).toMatch(/parse +4\.00 s +40\.0 %/)
  expect(text).not.toContain('rest')
})
