/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import type { ErrorCode } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { BackendAbility, BackendFault } from './backend-harness.ts'
import type { BackendCaseContext } from './backend-case-context.ts'

type Case = ContractCase<BackendCaseContext, BackendAbility>

/** Names that are dangerous in paths, URLs, queries, headers or property names. */
const HOSTILE_NAMES = [
  '../contract',
  '../../../../etc/passwd',
  '/etc/passwd',
  '.',
  'a/../b',
  'a%2F..%2Fb',
  'a?versionId=1&b=2',
  'a#b',
  'a\r\nX-Injected: 1',
  'a\0b',
  'a"b\\c',
  '__proto__',
  'constructor',
  'ä€😀',
  ' ',
  'x'.repeat(5_000),
]
/** A name that cannot exist is the user's mistake: `InvalidResponse` would count it as an outage and retry it. */
const REFUSALS: readonly ErrorCode[] = ['NotFound', 'InvalidSpec']

const FAULTS: readonly (readonly [fault: BackendFault, code: ErrorCode, rule: string])[] = [
  ['throttle', 'Throttled', 'fails with Throttled after too many calls'],
  ['outage', 'Unavailable', 'fails with Unavailable when the manager is unavailable'],
  ['garbage', 'InvalidResponse', 'fails with InvalidResponse for an invalid response'],
  ['hang', 'Timeout', 'fails with Timeout without a response within its deadline'],
]

/** Failures of reads: the right code, one request, no effect on other reads. */
export const failingCases: readonly Case[] = [
  contractCase('fails with NotFound for a secret that does not exist, and names it', async (context) => {
    const other = await context.put()
    const backend = await context.open()
    const name = context.newName()
    const error = await context.failure(backend, { name })
    expect(error.code).toBe('NotFound')
    expect(error.message).toContain(name)
    expect(await context.textOf(backend, other)).toBe(other.text)
  }),
  contractCase(
    'fails with NotFound for a version that does not exist, and returns no other version',
    ['versions'],
    async (context) => {
      const { name, text } = await context.put()
      const backend = await context.open()
      expect((await context.failure(backend, { name, versionId: '99' })).code).toBe('NotFound')
      expect(await context.textOf(backend, { name })).toBe(text)
    },
  ),
  contractCase('rejects malformed names with NotFound or InvalidSpec, and reads no other secret', async (context) => {
    const other = await context.put()
    const backend = await context.open()
    for (const name of HOSTILE_NAMES) {
      const { code } = await context.failure(backend, { name })
      // One of the names would fill the screen.
      const start = name.slice(0, 60)
      expect({ name: start, refused: REFUSALS.includes(code), code }).toEqual({ name: start, refused: true, code })
    }
    expect(await context.textOf(backend, other)).toBe(other.text)
  }),
  contractCase(
    'fails with AccessDenied without permission, after one request and with no other identity',
    ['deny'],
    async (context) => {
      const denied = await context.put()
      const other = await context.put()
      const backend = await context.open()
      await context.harness.deny?.(denied.name)
      const error = await context.expectReads(1, () => context.failure(backend, denied))
      expect(error.code).toBe('AccessDenied')
      expect(error.message).toContain(denied.name)
      expect(await context.textOf(backend, other)).toBe(other.text)
    },
  ),
  contractCase(
    'fails with Unauthenticated for an unknown identity, after one request and with no other identity',
    ['strangers'],
    async (context) => {
      const { name, text } = await context.put()
      const stranger = await context.open({ identity: 'stranger' })
      const error = await context.expectReads(1, () => context.failure(stranger, { name }))
      expect(error.code).toBe('Unauthenticated')
      expect(await context.textOf(await context.open(), { name })).toBe(text)
    },
  ),
  ...FAULTS.map(([fault, code, rule]): Case =>
    contractCase(`${rule}, after one request, and recovers`, [fault], async (context) => {
      const { name, text } = await context.put()
      const backend = await context.open(fault === 'hang' ? { impatient: true } : {})
      await context.play(fault, name)
      const error = await context.expectReads(1, () => context.failure(backend, { name }))
      expect(error.code).toBe(code)
      expect(error.message).toContain(name)
      expect(await context.textOf(backend, { name })).toBe(text)
    }),
  ),
  contractCase('fails only one of many concurrent reads', async (context) => {
    const backend = await context.open()
    const secrets = [await context.put(), await context.put(), await context.put()]
    const failing = context.failure(backend, { name: context.newName() })
    const texts = await Promise.all(secrets.map(({ name }) => context.textOf(backend, { name })))
    expect(texts).toEqual(secrets.map(({ text }) => text))
    expect((await failing).code).toBe('NotFound')
  }),
]
