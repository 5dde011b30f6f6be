import { isDeepStrictEqual } from 'node:util'
import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import { type KubeSecret, type ReadyCondition, textsOf } from '../testing/cluster-objects.ts'
import { expectInterval } from './rhythm.ts'
import type { Situation } from './situation.ts'

/** Applies the ExternalSecret of a row whose secrets are in KMS, and waits until all is well. @returns the Secret */
export async function begin(
  situation: Situation,
  texts: Readonly<Record<string, string>>,
  spec: object = {},
): Promise<KubeSecret> {
  await situation.apply(spec)
  const secret = await situation.untilSynced(texts)
  await situation.untilEvents(['Synced'])
  return secret
}

/** Waits until the ExternalSecret is not ready for this reason, and says what is expected of it. */
export async function untilNotReady(situation: Situation, reason: string, says: RegExp = /./): Promise<ReadyCondition> {
  let ready = await situation.untilReady(reason)
  const isSaid = async (): Promise<boolean> => {
    ready = await situation.untilReady(reason)
    return says.test(ready.message)
  }
  await until(`${situation.id} says ${says}`, isSaid).catch((error: unknown) => {
    throw new Error(`it says ${ready.message}`, { cause: error })
  })
  expect(ready.status).toBe('False')
  return ready
}

/** Asserts that nobody has written to the Secret. */
export async function expectKept(situation: Situation, before: KubeSecret, name = situation.id): Promise<void> {
  expect(await situation.writesSince(before, name)).toBe(0)
  expect(await situation.secret(name)).toEqual(before)
}

/** What the Secret of a row has held so far, write by write. */
export async function statesOf({ stage, id }: Situation): Promise<ReadonlyArray<Readonly<Record<string, string>>>> {
  return (await stage.secrets.of(id)).map((state) => textsOf(state ?? {}))
}

/** Waits until the Secret of a row has held exactly this, write by write; nothing while it was not there. */
export async function untilStates(
  situation: Situation,
  states: ReadonlyArray<Readonly<Record<string, string>>>,
): Promise<void> {
  await until(`${situation.id} has had ${states.length} states`, async () =>
    isDeepStrictEqual(await statesOf(situation), states),
  )
}

/** Something in KMS that cannot be written: read at the interval, and written when it can be. */
export async function expectUnwritable(
  situation: Situation,
  before: KubeSecret,
  { reason, says, secret = 'doc' }: { readonly reason: string; readonly says: RegExp; readonly secret?: string },
): Promise<void> {
  const { message } = await untilNotReady(situation, reason, says)
  expect(message).not.toContain('hunter2')
  await expectInterval(situation, secret)
  await expectKept(situation, before)
  await situation.untilEvents(['Synced', reason])
  expect(await situation.reasons()).toEqual(['Synced', reason])
}
