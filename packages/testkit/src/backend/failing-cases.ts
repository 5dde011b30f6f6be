/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import type { ErrorCode } from '@ack-secret-manager/core'
import { expect } from 'vitest'
import type { ContractCase } from '../contract-case.ts'
import type { BackendAbility, BackendFault } from './backend-harness.ts'
import type { BackendTrial } from './backend-trial.ts'

type Case = ContractCase<BackendTrial, BackendAbility>

/** Names that hurt whoever builds paths, URLs, queries, headers or property names of them. */
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
  ['throttle', 'Throttled', 'says Throttled when there were too many calls'],
  ['outage', 'Unavailable', 'says Unavailable when the manager is not well'],
  ['garbage', 'InvalidResponse', 'says InvalidResponse when the answer makes no sense'],
  ['hang', 'Timeout', 'says Timeout when no answer comes within its own deadline'],
]

/** How a read fails: with the right code, once, and with nobody else harmed. */
export const failingCases: readonly Case[] = [
  {
    rule: 'says NotFound for a secret that does not exist, and names it',
    check: async (trial) => {
      const other = await trial.put()
      const backend = await trial.open()
      const name = trial.newName()
      const error = await trial.failure(backend, { name })
      expect(error.code).toBe('NotFound')
      expect(error.message).toContain(name)
      expect(await trial.textOf(backend, other)).toBe(other.text)
    },
  },
  {
    rule: 'says NotFound for a version that does not exist, and gives no other',
    needs: ['versions'],
    check: async (trial) => {
      const { name, text } = await trial.put()
      const backend = await trial.open()
      expect((await trial.failure(backend, { name, versionId: '99' })).code).toBe('NotFound')
      expect(await trial.textOf(backend, { name })).toBe(text)
    },
  },
  {
    rule: 'refuses malformed names with NotFound or InvalidSpec, and lets none lead anywhere else',
    check: async (trial) => {
      const other = await trial.put()
      const backend = await trial.open()
      for (const name of HOSTILE_NAMES) {
        const { code } = await trial.failure(backend, { name })
        expect({ name, refused: REFUSALS.includes(code), code }).toEqual({ name, refused: true, code })
      }
      expect(await trial.textOf(backend, other)).toBe(other.text)
    },
  },
  {
    rule: 'says AccessDenied for what its identity may not read, asks once and asks as nobody else',
    needs: ['deny'],
    check: async (trial) => {
      const denied = await trial.put()
      const other = await trial.put()
      const backend = await trial.open()
      await trial.harness.deny?.(denied.name)
      const error = await trial.expectReads(1, () => trial.failure(backend, denied))
      expect(error.code).toBe('AccessDenied')
      expect(error.message).toContain(denied.name)
      expect(await trial.textOf(backend, other)).toBe(other.text)
    },
  },
  {
    rule: 'says Unauthenticated when the manager does not know it, asks once and asks as nobody else',
    needs: ['strangers'],
    check: async (trial) => {
      const { name, text } = await trial.put()
      const stranger = await trial.open({ identity: 'stranger' })
      const error = await trial.expectReads(1, () => trial.failure(stranger, { name }))
      expect(error.code).toBe('Unauthenticated')
      expect(await trial.textOf(await trial.open(), { name })).toBe(text)
    },
  },
  ...FAULTS.map(([fault, code, rule]): Case => ({
    rule: `${rule}; asks once, and works again`,
    needs: [fault],
    check: async (trial) => {
      const { name, text } = await trial.put()
      const backend = await trial.open(fault === 'hang' ? { impatient: true } : {})
      await trial.play(fault, name)
      const error = await trial.expectReads(1, () => trial.failure(backend, { name }))
      expect(error.code).toBe(code)
      expect(error.message).toContain(name)
      expect(await trial.textOf(backend, { name })).toBe(text)
    },
  })),
  {
    rule: 'fails one of many reads at once alone',
    check: async (trial) => {
      const backend = await trial.open()
      const secrets = [await trial.put(), await trial.put(), await trial.put()]
      const failing = trial.failure(backend, { name: trial.newName() })
      const texts = await Promise.all(secrets.map(({ name }) => trial.textOf(backend, { name })))
      expect(texts).toEqual(secrets.map(({ text }) => text))
      expect((await failing).code).toBe('NotFound')
    },
  },
]
