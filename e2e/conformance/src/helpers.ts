import { isDeepStrictEqual } from 'node:util'
import { type KubeSecret, type ReadyCondition, SLOW_INTERVAL, textsOf, until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import { OwnStore } from './own-store.ts'
import { expectInterval } from './polling-expectations.ts'
import type { EventText, Scenario } from './scenario.ts'

/** Applies the ExternalSecret of a row and waits until it is synced. @returns the Secret */
export async function begin(
  scenario: Scenario,
  texts: Readonly<Record<string, string>>,
  spec: object = {},
): Promise<KubeSecret> {
  await scenario.apply(spec)
  const secret = await scenario.untilSynced(texts)
  await scenario.untilEvents(['Synced'])
  return secret
}

/** Lets the first read of a new row fail, and waits until it is synced with one write. @returns the event of the failure */
export async function failFirstRead(scenario: Scenario, fault: string): Promise<EventText | undefined> {
  await scenario.put({ password: 'one' })
  await scenario.fault(fault, 'password')
  const store = await OwnStore.openFor(scenario)
  await scenario.apply({ ...SLOW_INTERVAL, ...store.spec('password') })
  await scenario.healAfter('Unavailable', 'password')
  await scenario.untilSynced({ password: 'one' })
  expect(await scenario.reasons()).toEqual(['Unavailable', 'Synced'])
  expect(await statesOf(scenario)).toEqual([{ password: 'one' }])
  return (await scenario.untilEvents(['Unavailable', 'Synced']))[0]
}

/** Waits until the ExternalSecret is not Ready with this reason and a matching message. */
export async function untilNotReady(scenario: Scenario, reason: string, says: RegExp = /./): Promise<ReadyCondition> {
  let ready = await scenario.untilReady(reason)
  const isSaid = async (): Promise<boolean> => {
    ready = await scenario.untilReady(reason)
    return says.test(ready.message)
  }
  await until(`the message of ${scenario.id} matches ${says}`, isSaid).catch((error: unknown) => {
    throw new Error(`the message is ${ready.message}`, { cause: error })
  })
  expect(ready.status).toBe('False')
  return ready
}

/** Asserts that the Secret was not written. */
export async function expectKept(scenario: Scenario, before: KubeSecret, name = scenario.id): Promise<void> {
  expect(await scenario.writesSince(before, name)).toBe(0)
  expect(await scenario.secret(name)).toEqual(before)
}

/** Contents of the Secret of a row, one entry per write. */
export async function statesOf({ fixture, id }: Scenario): Promise<ReadonlyArray<Readonly<Record<string, string>>>> {
  return (await fixture.secrets.of(id)).map((state) => textsOf(state ?? {}))
}

/** Waits until the Secret of a row has had exactly these contents, one entry per write. An absent Secret counts as empty. */
export async function untilStates(
  scenario: Scenario,
  states: ReadonlyArray<Readonly<Record<string, string>>>,
): Promise<void> {
  await until(`${scenario.id} has had ${states.length} states`, async () =>
    isDeepStrictEqual(await statesOf(scenario), states),
  )
}

/** Asserts that content which cannot be written keeps the Secret and is read at the interval. */
export async function expectUnwritable(
  scenario: Scenario,
  before: KubeSecret,
  { reason, says, secret = 'doc' }: { readonly reason: string; readonly says: RegExp; readonly secret?: string },
): Promise<void> {
  const { message } = await untilNotReady(scenario, reason, says)
  expect(message).not.toContain('hunter2')
  await expectInterval(scenario, secret)
  await expectKept(scenario, before)
  await scenario.untilEvents(['Synced', reason])
  expect(await scenario.reasons()).toEqual(['Synced', reason])
}
