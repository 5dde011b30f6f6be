import { expect, it } from 'vitest'
import { OWNS_ALL, OWNS_NOTHING } from './ownership.ts'
import { QuotaShares } from './quota-shares.ts'

const three = { members: 3, owns: (domain: string) => domain === 'mine' }
const quota = (account: string) => ({ account, region: 'cn-hangzhou' })

it('uses the whole rate while it is the only member', () => {
  const shares = new QuotaShares()
  shares.learn(quota('a'), () => 'theirs')
  expect(shares.shareOf(quota('a'))).toBe(1)
  shares.ownership = three
  expect(shares.shareOf(quota('a'))).toBeCloseTo(0.05)
  shares.ownership = OWNS_ALL
  expect(shares.shareOf(quota('a'))).toBe(1)
})

it('keeps a positive rate while it owns nothing', () => {
  const shares = new QuotaShares()
  shares.learn(quota('a'), () => 'theirs')
  shares.ownership = OWNS_NOTHING
  expect(shares.shareOf(quota('a'))).toBe(1)
})

it('uses exactly the whole rate: nine tenths for the owner, the rest for the others', () => {
  const shares = new QuotaShares()
  shares.ownership = three
  shares.learn(quota('a'), () => 'mine')
  shares.learn(quota('b'), () => 'theirs')
  expect(shares.shareOf(quota('a')) + 2 * shares.shareOf(quota('b'))).toBeCloseTo(1)
})

it('counts a quota of several domains as owned if one of them is', () => {
  const shares = new QuotaShares()
  shares.ownership = three
  for (const domain of ['theirs', 'mine']) shares.learn(quota('a'), () => domain)
  expect(shares.shareOf(quota('a'))).toBe(0.9)
})

it('stays the owner of a quota, however many other domains it has', () => {
  const shares = new QuotaShares()
  shares.ownership = three
  for (const domain of ['mine', ...Array.from({ length: 20 }, (_, at) => `theirs-${at}`)])
    shares.learn(quota('a'), () => domain)
  expect(shares.shareOf(quota('a'))).toBe(0.9)
})

it('learns forgotten domains again when it owns others', () => {
  const shares = new QuotaShares()
  shares.ownership = three
  const quotas = new Map(Array.from({ length: 20 }, (_, at) => [`theirs-${at}`, quota('a')]))
  const readAll = (): void => quotas.forEach((each, domain) => shares.learn(each, () => domain))
  readAll()
  shares.ownership = { members: 3, owns: (domain) => domain === 'theirs-0' }
  readAll()
  expect(shares.shareOf(quota('a'))).toBe(0.9)
})

it('reports once that a share has become larger', () => {
  const shares = new QuotaShares()
  const seen: number[] = []
  shares.onLarger = () => seen.push(shares.shareOf(quota('a')))
  shares.ownership = three
  for (const domain of ['theirs', 'others', 'mine', 'mine', 'theirs']) shares.learn(quota('a'), () => domain)
  shares.learn(quota('b'), () => 'mine')
  expect(seen).toEqual([0.9])
})
