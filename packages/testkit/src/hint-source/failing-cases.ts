/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { HintSourceCaseContext } from './hint-source-case-context.ts'
import type { HintSourceAbility, HintSourceFault } from './hint-source-harness.ts'

type Case = ContractCase<HintSourceCaseContext, HintSourceAbility>

const FAULTS: readonly (readonly [fault: HintSourceFault, codes: readonly string[]])[] = [
  ['throttle', ['Throttled']],
  ['outage', ['Unavailable', 'Timeout']],
  ['garbage', ['InvalidResponse']],
]

/** Failures and closing of a source. */
export const failingCases: readonly Case[] = [
  contractCase('fails with NotFound if the queue does not exist', ['missing'], async (context) => {
    expect((await context.failure(await context.open({ queue: 'missing' }))).code).toBe('NotFound')
  }),
  contractCase('fails with AccessDenied without permission', ['deny'], async (context) => {
    expect((await context.failure(await context.open({ identity: 'denied' }))).code).toBe('AccessDenied')
  }),
  contractCase('fails with Unauthenticated if its credential is rejected', ['refuse'], async (context) => {
    expect((await context.failure(await context.open({ identity: 'refused' }))).code).toBe('Unauthenticated')
  }),
  ...FAULTS.map(([fault, codes]) =>
    contractCase<HintSourceCaseContext, HintSourceAbility>(
      `fails with ${codes.join(' or ')} during the fault ${fault}, and recovers without losing a message`,
      [fault],
      async (context) => {
        const source = await context.open()
        await context.send({ secretName: 'db' })
        await context.harness.play?.(fault)
        expect(codes).toContain((await context.failure(source)).code)
        await context.harness.recover?.()
        const { hints } = await context.receiveMessages(source, 1)
        expect(hints.map(({ secretName }) => secretName)).toEqual(['db'])
      },
    ),
  ),
  contractCase('fails with Timeout if the transport does not respond', ['hang'], async (context) => {
    const source = await context.open({ impatient: true })
    await context.harness.play?.('hang')
    expect((await context.failure(source)).code).toBe('Timeout')
  }),
  contractCase('fails with Cancelled if the signal is already aborted', async (context) => {
    const source = await context.open()
    expect((await context.failure(source, AbortSignal.abort())).code).toBe('Cancelled')
    await context.receive(source)
  }),
  contractCase('fails with Cancelled when the caller aborts while it waits', async (context) => {
    const source = await context.open()
    const stop = new AbortController()
    const failing = context.failure(source, stop.signal)
    stop.abort()
    expect((await failing).code).toBe('Cancelled')
  }),
  contractCase('fails waiting and later calls with Cancelled when it is closed, also twice', async (context) => {
    const source = await context.open()
    const waiting = context.failure(source)
    await source.close()
    await source.close()
    expect([(await waiting).code, (await context.failure(source)).code]).toEqual(['Cancelled', 'Cancelled'])
  }),
]
