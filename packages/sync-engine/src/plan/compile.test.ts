import type { StoreQuery, StoreResolution } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { compile } from './compile.ts'
import type { Found } from '../model/found.ts'
import { findsSameSecrets, usesSameConnections } from './same-connections.ts'
import { connectionOf, mapBackend, specOf } from '../testing/fixtures.ts'

const connection = connectionOf(mapBackend(new Map()))
const PATH = `a${'[0]'.repeat(300)}`
const SOURCE = '(?:a{10}){100}'

/** Compiles a spec and counts its pauses. */
async function pausesOf(spec: unknown): Promise<number> {
  let pauses = 0
  const pause = (): Promise<void> => Promise.resolve(void (pauses += 1))
  const defaults = { intervalMs: 1_000, disablePolling: false }
  await compile(specOf(spec), 'default', () => ({ kind: 'ready', connection }), defaults, pause)
  return pauses
}

const withPaths = (count: number): unknown => ({
  data: [{ key: 'a', jmesPath: Array.from({ length: count }, (_, at) => ({ path: PATH, objectAlias: `k${at}` })) }],
})

const withRules = (count: number, sourceOf: (at: number) => string) => ({
  dataProcess: Array.from({ length: count }, (_, at) => ({
    extract: { key: 'a' },
    replaceRule: [{ source: sourceOf(at), target: 'x' }],
  })),
})

it('pauses between long paths, and not for a short spec', async () => {
  expect(await pausesOf(withPaths(1))).toBe(0)
  expect(await pausesOf(withPaths(128))).toBeGreaterThanOrEqual(11)
})

it('pauses before each large regular expression, and compiles equal ones once', async () => {
  expect(await pausesOf(withRules(12, (at) => `${SOURCE}${at}`))).toBeGreaterThanOrEqual(11)
  expect(await pausesOf(withRules(128, () => SOURCE))).toBe(0)
})

it('refuses paths and rules that are too long together, with the field', async () => {
  const pathsOf = (key: string) => Array.from({ length: 128 }, (_, at) => ({ path: PATH, objectAlias: `${key}${at}` }))
  const data = ['a', 'b', 'c'].map((key) => ({ key, jmesPath: pathsOf(key) }))
  const field = 'spec.data[2].jmesPath[34].path'
  await expect(pausesOf({ data })).rejects.toMatchObject({ code: 'InvalidSpec', facts: { field } })

  const sourceOf = (at: number): string => `${at}`.padStart(256, 'a')
  expect(await pausesOf(withRules(128, sourceOf))).toBeGreaterThan(0)
  const replaceRule = [
    { source: sourceOf(127), target: 'x' },
    { source: sourceOf(128), target: 'x' },
  ]
  const tooMany = [...withRules(127, sourceOf).dataProcess, { extract: { key: 'a' }, replaceRule }]
  await expect(pausesOf({ dataProcess: tooMany })).rejects.toMatchObject({
    code: 'InvalidSpec',
    facts: { field: 'spec.dataProcess[127].replaceRule[1].source' },
  })
})

it('shares the event loop among the secrets of finds', async () => {
  const secrets = Array.from({ length: 2_000 }, (_none, at) => ({
    name: `s${at}`,
    key: `s${at}`,
    claim: 'held' as const,
  }))
  const find = { name: { prefix: 's' }, tags: {}, maxSecrets: 500 }
  const found = Array.from({ length: 8 }, (_none, at): Found => {
    const state = { problem: undefined, isEstablished: true, isComplete: true }
    return { id: String(at), field: `spec.dataFrom[${at}].find`, find, secrets, ...state }
  })
  let inTurn = 0
  let most = 0
  const resolveStore = (): StoreResolution => {
    inTurn += 1
    most = Math.max(most, inTurn)
    return { kind: 'ready', connection }
  }
  const pause = async (): Promise<void> => void (inTurn = 0)
  const defaults = { intervalMs: 1_000, disablePolling: false }
  const plan = await compile(specOf({ data: [{ key: 'a' }] }), 'default', resolveStore, defaults, pause, found)
  expect(plan.entries).toHaveLength(16_001)
  inTurn = 0
  expect(await findsSameSecrets(plan, resolveStore, pause)).toBe(true)
  expect(most).toBeLessThanOrEqual(42)
  inTurn = 0
  expect(usesSameConnections(plan, resolveStore)).toBe(true)
  expect(inTurn).toBe(9)
  const other = connectionOf(mapBackend(new Map()), 'kms|other')
  expect(usesSameConnections(plan, () => ({ kind: 'ready', connection: other }))).toBe(false)
  const gone = (query: StoreQuery): StoreResolution => ({
    kind: 'ready',
    connection: query.secret === 's7' ? other : connection,
  })
  expect(await findsSameSecrets(plan, gone, pause)).toBe(false)
})
